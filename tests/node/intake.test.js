/** Many files at once: order, refusals, the same pictures for any number of threads; pictures out as bytes. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { createEngine, inChunks } from '../../wasm/engine/engine.js';
import { Collection } from '../../web/worker/collection.js';
import { insertPictures, removePictures, replacePicture } from '../../wasm/engine/places.js';

/** The encoded pictures of the native tests, by name. */
const PICTURES = Object.fromEntries(
  [
    ...fs
      .readFileSync(new URL('../native/pictures.h', import.meta.url), 'utf8')
      .matchAll(/unsigned char (\w+)\[\] = \{([\d,\s]+)\}/g),
  ].map(([, name, numbers]) => [name, Uint8Array.from(numbers.match(/\d+/g) ?? [], Number)]),
);

/** @param {number} width @param {number} height @param {number} seed a noisy PPM */
function ppm(width, height, seed) {
  const head = Buffer.from(`P6 ${width} ${height} 255\n`);
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0, x = seed + 1; i < pixels.length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    pixels[i] = x >>> 16;
  }
  return new Uint8Array(Buffer.concat([head, pixels]));
}

/** Every kind, good and bad, and pictures of their own in between. */
const MIXED = Array.from({ length: 12 }, (_, i) => [
  PICTURES.jpeg_rgb,
  PICTURES.jpeg_cmyk,
  ppm(40 + i, 33, i),
  new Uint8Array(0),
  PICTURES.gif_animated,
  PICTURES.jpeg_progressive.subarray(0, 100),
  PICTURES.jpeg_turned,
  PICTURES.png_rgba,
]).flat();

for (const variant of /** @type {const} */ (['simd', 'relaxed'])) {
  test(`files at once are files one by one (${variant})`, async () => {
    const fingerprints = new Set();
    for (const threads of [1, 2, 3]) {
      const engine = await createEngine({ variant, threads });
      assert.equal(engine.threads, threads);
      const single = engine.createDataset({ size: 32 });
      /** @type {(string | null)[]} */
      const wanted = MIXED.map((file) => {
        try {
          single.addFile(file);
          return null;
        } catch (error) {
          return `${/** @type {any} */ (error).code}: ${/** @type {any} */ (error).message}`;
        }
      });
      assert.deepEqual(wanted.map(Boolean).slice(0, 8), [false, true, false, true, false, true, false, false]);
      const many = engine.createDataset({ size: 32 });
      const got = many.addFiles(MIXED).map((error) => error && `${error.code}: ${error.message}`);
      assert.deepEqual(got, wanted);
      assert.equal(many.count, 60);
      for (let i = 0; i < many.count; i++) assert.deepEqual(many.picture(i), single.picture(i), `picture ${i}`);
      fingerprints.add(many.fingerprint).add(single.fingerprint);
      assert.deepEqual(many.addFiles([]), []);
      engine.dispose();
    }
    assert.equal(fingerprints.size, 1);
  });
}

test('a PNG of one pixel that unpacks to 4 MB is refused', async () => {
  /** @param {string} name @param {Buffer} data */
  const chunk = (name, data) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(name), data, Buffer.alloc(4)]);
  };
  /** @param {number} bytes */
  const png = (bytes) =>
    Buffer.concat([
      Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
      chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
      chunk('IDAT', deflateSync(Buffer.alloc(bytes))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  const engine = await createEngine({ threads: 1 });
  const dataset = engine.createDataset({ size: 16 });
  dataset.addFile(png(1000)); // some programs leave a little more
  assert.throws(() => dataset.addFile(png(4 << 20)), /its data are more than its pixels/);
  assert.equal(dataset.count, 1);
  engine.dispose();
});

test('pictures of the size are added byte for byte', async () => {
  const engine = await createEngine({ threads: 1 });
  const from = engine.createDataset({ size: 256 });
  from.addDoodles(3, 0, 100); // 20 MB: more than passes through the module at once
  const rgb = new Uint8Array(100 * 256 * 256 * 3);
  for (let i = 0; i < 100; i++) rgb.set(from.picture(i), i * 256 * 256 * 3);
  const to = engine.createDataset({ size: 256 });
  to.addRgb(rgb.subarray(0, 256 * 256 * 3));
  to.addRgb(rgb.subarray(256 * 256 * 3));
  to.addRgb(new Uint8Array(0));
  assert.equal(to.fingerprint, from.fingerprint);
  assert.throws(() => to.addRgb(new Uint8Array(5)), /5 bytes are not whole pictures of 196608 bytes/);
  assert.equal(to.count, 100);
  engine.dispose();
});

test('memory that grows in another thread is seen by this one', async () => {
  const engine = await createEngine({ threads: 2 });
  const { heap } = engine;
  const dataset = engine.createDataset({ size: 16 });
  const before = engine.memoryBytes();
  // Which thread makes the memory grow last is chance: often enough, it is not this one.
  for (const side of [1000, 1300, 1600, 1900, 2300, 2700]) {
    const file = ppm(side, side, side);
    assert.deepEqual(dataset.addFiles([file, file]), [null, null]);
    const seen = engine.memoryBytes();
    heap.text(heap.module._ssd_version()); // renews the view
    assert.equal(seen, engine.memoryBytes());
  }
  assert.ok(engine.memoryBytes() > before, 'it has grown');
  assert.equal(dataset.count, 12);
  engine.dispose();
});

test('lists are cut into chunks that memory can hold', () => {
  /** @param {number[]} sizes */
  const chunks = (sizes) => [...inChunks(sizes, (size) => size)];
  assert.deepEqual(chunks([]), []);
  assert.deepEqual(chunks([9e9, 1, 2]), [[9e9], [1, 2]]);
  assert.deepEqual(chunks([9e6, 6e6, 2e6, 1]), [
    [9e6, 6e6],
    [2e6, 1],
  ]);
  const many = chunks(Array.from({ length: 200 }, (_, i) => i));
  assert.ok(many.every(({ length }) => length <= 64));
  assert.deepEqual(
    many.flat(),
    Array.from({ length: 200 }, (_, i) => i),
  );
});

test('pictures as bytes are the pictures as floats', async () => {
  const engine = await createEngine({ threads: 2 });
  const trainer = engine.createTrainer({ image_size: 32, batch: 4 });
  const { generator } = trainer;
  const seeds = Array.from({ length: 70 }, (_, i) => i);
  const floats = generator.generate(seeds, 0.8);
  const rgba = generator.generateRgba(seeds, 0.8);
  assert.equal(rgba.byteOffset, 0);
  assert.equal(rgba.buffer.byteLength, 70 * 32 * 32 * 4);
  assert.deepEqual(rgba, engine.toRgba(floats, 32));
  for (let i = 0; i < rgba.length; i += 4) {
    const [n, p] = [Math.floor(i / 4096), (i / 4) % 1024];
    const red = floats[n * 3072 + p];
    assert.ok(Math.abs(rgba[i] - (red + 1) * 127.5) <= 0.501 && rgba[i + 3] === 255);
  }
  engine.dispose();
});

test('pictures are taken out of the middle and put back where they were', async () => {
  const engine = await createEngine({ threads: 1 });
  const dataset = engine.createDataset({ size: 8 });
  const pictureOf = (/** @type {number} */ level) => new Uint8Array(8 * 8 * 3).fill(level);
  const levels = () => Array.from({ length: dataset.count }, (_, i) => dataset.picture(i)[191]);
  for (let i = 0; i < 10; i++) dataset.addRgb(pictureOf(i));
  const fingerprint = dataset.fingerprint;
  for (const out of [[0], [9], [3, 4, 8], [0, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    const pixels = out.map((i) => dataset.picture(i));
    removePictures(dataset, out);
    assert.deepEqual(levels(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((i) => !out.includes(i))); // prettier-ignore
    insertPictures(dataset, out, pixels);
    assert.deepEqual(levels(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(dataset.fingerprint, fingerprint);
  }
  replacePicture(dataset, 4, pictureOf(77));
  assert.deepEqual(levels(), [0, 1, 2, 3, 77, 5, 6, 7, 8, 9]);
  dataset.dispose();
  engine.dispose();
});

test('doodles are drawn when they are asked for', async () => {
  const engine = await createEngine({ threads: 1 });
  const pictures = new Collection(engine, { size: 32, crop: 'centre', filter: 'triangle' });
  pictures.takeDoodles(40);
  assert.deepEqual([pictures.count, pictures.drawn.count], [40, 0]);
  assert.deepEqual(pictures.firstOnes(8).picture(7), engine.doodle(0, 7, 32));
  assert.deepEqual([pictures.count, pictures.drawn.count], [40, 8]);
  assert.equal(pictures.firstOnes(3).count, 8);
  assert.deepEqual(pictures.dataset.picture(39), engine.doodle(0, 39, 32));
  assert.deepEqual([pictures.count, pictures.dataset.count], [40, 40]);
  pictures.takeDoodles(40, new Set(['doodle 1']));
  assert.equal(pictures.count, 39);
  assert.deepEqual(pictures.firstOnes(2).picture(1), engine.doodle(0, 2, 32));
  pictures.dispose();
  engine.dispose();
});
