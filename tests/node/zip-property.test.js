/**
 * Random zips, whole and damaged: what is whole is read exactly, nothing throws, nothing that was not in the zip comes out.
 * 150 zips for each property; 20,000 with SSDGAN_LONG=1 (npm run test:long). fast-check prints the seed of a failure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync as packedOf } from 'node:zlib';
import fc from 'fast-check';
import { isJunk } from '../../wasm/engine/junk.js';
import { openZip, unpack, writeZip } from '../../wasm/engine/zip.js';
import { makeZip } from '../zips.js';

const RUNS = { numRuns: process.env.SSDGAN_LONG ? 20000 : 150 };

const part = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '..',
    '.',
    '\\',
    'C:',
    '@eaDir',
    '__MACOSX',
    'Thumbs.db',
    'Käse',
    '写真.jpg',
    '\u001b[2J',
    'a'.repeat(300),
  ),
);
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc.record({ byte: fc.nat(255), length: fc.nat(20000) }).map(({ byte, length }) => new Uint8Array(length).fill(byte)),
);
const entry = fc.record({
  name,
  data: bytes,
  method: fc.constantFrom(0, 8),
  descriptor: fc.boolean(),
  zip64: fc.boolean(),
});
const entries = fc.array(entry, { maxLength: 8 });
const around = fc.record({
  prefix: fc.uint8Array({ maxLength: 100 }),
  suffix: fc.uint8Array({ maxLength: 100 }),
  comment: fc.string({ maxLength: 30 }),
  zip64: fc.boolean(),
});

/** @param {import('../../wasm/engine/zip.js').Source} zip */
async function read(zip) {
  const { files, refused } = await openZip(zip, 'z');
  const found = [];
  for await (const file of unpack(files, refused)) found.push(file);
  for (const { name: told, reason } of refused) assert.ok(told.startsWith('z') && reason.length > 5);
  return { found, refused };
}

/** Folders and junk are left out silently. @param {import('../zips.js').Entry} entry as it was written */
const isMeant = ({ name: written }) => {
  const plain = Buffer.from(written)
    .toString()
    .replaceAll('\\', '/')
    .replace(/^[a-z]:(?=\/)/i, '');
  const last = plain.split('/').filter((word) => !['', '.', '..'].includes(word));
  return last.length > 0 && !/\/$/.test(plain) && !isJunk(plain);
};

test('zips that are whole are read exactly, whatever is before and behind them', async () => {
  await fc.assert(
    fc.asyncProperty(entries, around, async (written, options) => {
      const zip = makeZip(written, options);
      for (const source of [zip, new Blob([/** @type {any} */ (zip)])]) {
        const { found, refused } = await read(source);
        assert.deepEqual(refused, []);
        assert.deepEqual(
          found.map((file) => Buffer.from(file.bytes).toString('hex')),
          written.filter(isMeant).map(({ data }) => Buffer.from(data).toString('hex')),
        );
        for (const file of found) assert.ok(!/(^|\/)\.\.?(\/|$)|\\|\/\//.test(file.name), file.name);
      }
    }),
    RUNS,
  );
});

test('damage in one file of a zip spoils no other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 6 }),
      fc.nat(),
      fc.nat(),
      async (written, which, where) => {
        const named = written.map((each, i) => ({ ...each, name: `file-${i}` }));
        const victim = named[which % named.length];
        const stored = victim.method === 0;
        if (!victim.data.length) return;
        const packed = Uint8Array.from(stored ? victim.data : packedOf(victim.data));
        packed[(where >> 3) % packed.length] ^= 1 << (where & 7);
        const { found, refused } = await read(
          makeZip(named.map((each) => (each === victim ? { ...each, packed } : each))),
        );
        const expected = named.filter(
          (each) => each !== victim || found.some((file) => file.name === `z/${victim.name}`),
        );
        assert.deepEqual(
          found.map((file) => [file.name, Buffer.from(file.bytes).toString('hex')]),
          expected.map((each) => [`z/${each.name}`, Buffer.from(each.data).toString('hex')]),
        );
        assert.equal(refused.length, named.length - expected.length);
        if (stored) assert.equal(refused.length, 1);
      },
    ),
    RUNS,
  );
});

/** @typedef {{kind: string, at: number, bytes: Uint8Array}} Damage */
const damage = fc.array(
  fc.record({ kind: fc.constantFrom('set', 'insert', 'delete', 'cut', 'move'), at: fc.nat(), bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
  { minLength: 1, maxLength: 4 },
); // prettier-ignore

/** @param {Uint8Array} zip @param {Damage} damage @returns {Uint8Array} */
function damaged(zip, { kind, at, bytes: some }) {
  const where = at % (zip.length + 1);
  const [before, after] = [zip.subarray(0, where), zip.subarray(where)];
  if (kind === 'cut') return before;
  if (kind === 'insert') return Uint8Array.from([...before, ...some, ...after]);
  if (kind === 'delete') return Uint8Array.from([...before, ...after.subarray(some.length)]);
  if (kind === 'move') return Uint8Array.from([...after, ...before]);
  return Uint8Array.from([...before, ...some, ...after.subarray(some.length)]);
}

test('zips that are damaged anywhere: nothing throws, and nothing comes out that was not put in', async () => {
  await fc.assert(
    fc.asyncProperty(entries, around, damage, async (written, options, damages) => {
      const { found } = await read(damages.reduce(damaged, makeZip(written, options)));
      const known = new Set(written.map(({ data }) => Buffer.from(data).toString('hex')));
      for (const file of found) assert.ok(known.has(Buffer.from(file.bytes).toString('hex')), file.name);
    }),
    RUNS,
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => void (await read(noise))),
    RUNS,
  );
});

test('what writeZip writes is read again, and by a reader in parts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ name: fc.uuid(), data: bytes }), { maxLength: 6 }), async (written) => {
      const blob = /** @type {Blob} */ (await writeZip(written));
      const whole = new Uint8Array(await blob.arrayBuffer());
      const source = { size: whole.length, read: async (/** @type {number} */ at, /** @type {number} */ length) => whole.slice(at, at + length) }; // prettier-ignore
      const { found, refused } = await read(source);
      assert.deepEqual(refused, []);
      assert.deepEqual(
        found.map((file) => [file.name, Buffer.from(file.bytes).toString('hex')]),
        written.map((each) => [`z/${each.name}`, Buffer.from(each.data).toString('hex')]),
      );
    }),
    { ...RUNS, numRuns: RUNS.numRuns / 5 },
  );
});
