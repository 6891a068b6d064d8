/** What is said of a training's progress. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storyOf } from '../../wasm/run/story.js';

/** @param {number[]} distances @param {number} [copies] of the last */
const scores = (distances, copies = 0) =>
  distances.map((distance, i) => ({
    step: 100 * (i + 1),
    kernel: distance,
    swd: 1,
    copies: i === distances.length - 1 ? copies : 0,
  }));

test('a training begins, gets better, stays level, and is told when more hardly helps', () => {
  assert.deepEqual(storyOf([]), { state: 'begins' });
  assert.deepEqual(storyOf(scores([9])), { state: 'better' });
  assert.deepEqual(storyOf(scores([9, 5, 6, 5.5])), { state: 'better' }, 'one score says little');
  assert.deepEqual(storyOf(scores([9, 5, 6, 5.5, 5.2])), { state: 'level' });
  // Three trainings as they were logged: all of them still got better at the end of these.
  for (const logged of [
    [18.8, 13.5, 12, 10.4, 9.2, 7.9, 8, 8.4],
    [43.9, 21.6, 12.4, 10.5, 10.6, 9.9, 10.3, 9.4, 8.9, 8.4, 8.2, 9.3],
    [9.3, 5, 4.9, 4, 3, 3.4, 3.3],
  ])
    assert.deepEqual(storyOf(scores(logged)), { state: 'better' });
  assert.deepEqual(storyOf(scores([9, 5, 6, 6, 6, 6, 6, 5.1])), { state: 'enough', step: 200 });
  assert.deepEqual(storyOf(scores([9, 5, 6, 6, 6, 6, 6, 4.9])), { state: 'better' });
});

test('copies are told first', () => {
  assert.deepEqual(storyOf(scores([9, 5, 4], 0.2)), { state: 'copies', share: 0.2 });
  assert.deepEqual(storyOf(scores([9, 5, 4], 0.01)), { state: 'better' }, 'real pictures have as many');
});
