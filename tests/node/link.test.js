/** What a link to faces holds: the same view after a round trip, and nothing that harms where anything stands in an address. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { isSameMark, markOf } from '../../web/page/play/mark.js';
import { textOf, viewOf } from '../../web/page/play/view-text.js';

const MARK = '64.kJ3fQz0aB1-_';
const VIEW = {
  mark: MARK,
  seed: 9007199254739000,
  count: 4,
  psis: [0.7, 1],
  moves: { stages: 'coarse', amounts: [0, -1.5, 0, 0, 2.25] },
  keys: [
    { seed: 7, psis: [1, 1] },
    { seed: 8, psis: [0.5, 0.5] },
    { seed: 9, psis: [1, 1], moves: { stages: 'all', amounts: [3, 0, 0, 0, 0] } },
  ],
  space: 'z',
  ease: 'smooth',
  loop: true,
};

test('a view comes back from its text, which an address can hold as it is', () => {
  assert.deepEqual(viewOf(textOf(VIEW)), VIEW);
  const plain = { ...VIEW, moves: undefined, keys: [], space: 'w', ease: 'linear', loop: false };
  assert.deepEqual(viewOf(textOf(plain)), plain);
  assert.equal(new URL(`https://example.org/#${textOf(VIEW)}`).hash.slice(1), textOf(VIEW));
  assert.equal(textOf({ ...plain, keys: VIEW.keys.slice(0, 2) }).split('keys=')[1], '7;8!0.5,0.5');
});

test('what is no view, or asks for too much, is left out', () => {
  for (const text of ['', 'top', 'model=', 'model=64', 'model=64.short', 'model=<b>.kJ3fQz0aB1-_', '%', '&&&'])
    assert.equal(viewOf(text), null, text);
  const view = viewOf(`model=${MARK}&from=-1&n=4e9&psi=9,9&move=none:1&keys=${'1;'.repeat(99)}x;2!a,b!all:1e9`);
  assert.equal(view?.keys.length, 12);
  assert.deepEqual({ ...view, keys: view?.keys[0] }, {
    mark: MARK, seed: 0, count: 16, psis: [1, 1], moves: undefined, space: 'w', ease: 'linear', loop: false,
    keys: { seed: 1, psis: [1, 1] },
  }); // prettier-ignore
  assert.deepEqual(viewOf(`model=${MARK}&keys=x;2!a,b!all:1e9;0.5;3!!coarse:`)?.keys, [
    { seed: 2, psis: [1, 1] },
    { seed: 3, psis: [1, 1] },
  ]);
});

test('a mark is that of the model: the same where bits differ a little, another one for other faces', async () => {
  /** @param {(index: number) => number} level */
  const appOf = (level) => {
    const rgba = Uint8ClampedArray.from({ length: 4 * 32 * 32 * 4 }, (_, i) => level(i));
    return /** @type {any} */ ({ client: { request: async () => ({ size: 32, rgba }) } });
  };
  const mark = await markOf(
    appOf((i) => (i * 7) % 251),
    'run',
  );
  const near = await markOf(
    appOf((i) => ((i * 7) % 251) + (i % 3)),
    'run',
  );
  const other = await markOf(
    appOf((i) => (i * 7) % 200),
    'run',
  );
  assert.match(mark, /^32\.[\w-]{12}$/);
  assert.ok(isSameMark(mark, near));
  assert.ok(!isSameMark(mark, other));
  assert.ok(!isSameMark(mark, mark.replace('32', '64')));
});
