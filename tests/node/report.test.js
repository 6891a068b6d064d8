/** The health report finds what was planted among real pictures: copies, blurred and odd ones; and reads sizes from files. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { createEngine } from '../../wasm/engine/engine.js';
import { Features } from '../../wasm/engine/features.js';
import { openZip } from '../../wasm/engine/zip.js';
import { findBlurred, findOdd, findSame } from '../../web/worker/report/find.js';
import { blocksOf, BLOCKS, hashOf, sharpnessOf } from '../../web/worker/report/look.js';
import { sidesOf } from '../../web/worker/sides.js';
import { randomOf } from '../photos.js';

const SIZE = 64;
const FACES = new URL('../../../shared/data/faces-128.zip', import.meta.url);
const COUNT = 300;
const pause = async () => {};

/** @param {(x: number, y: number, c: number) => number} valueOf @param {number} [size] */
const picture = (valueOf, size = SIZE) =>
  Uint8Array.from({ length: size * size * 3 }, (_, i) =>
    Math.max(0, Math.min(255, valueOf(Math.floor(i / 3) % size, Math.floor(i / 3 / size), i % 3))),
  );

/** A part of a picture, as a picture: bilinear. @param {Uint8Array} rgb @param {number} from size of `rgb` @param {number} edge that is cut off @param {number} size of the result */
function resized(rgb, from, edge, size) {
  const at = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ c) =>
    rgb[3 * (Math.min(from - 1, y) * from + Math.min(from - 1, x)) + c];
  const step = (from - 2 * edge) / size;
  return picture((px, py, c) => {
    let sum = 0;
    const each = Math.max(1, Math.round(2 * step));
    for (let j = 0; j < each; j++)
      for (let i = 0; i < each; i++) {
        const x = Math.max(0, edge + (px + (i + 0.5) / each) * step - 0.5);
        const y = Math.max(0, edge + (py + (j + 0.5) / each) * step - 0.5);
        const [u, v] = [Math.floor(x), Math.floor(y)];
        const top = at(u, v, c) * (1 - x + u) + at(u + 1, v, c) * (x - u);
        sum += top * (1 - y + v) + (at(u, v + 1, c) * (1 - x + u) + at(u + 1, v + 1, c) * (x - u)) * (y - v);
      }
    return sum / each ** 2;
  }, size);
}

/** @param {import('../../wasm/engine/engine.js').Engine} engine @param {Uint8Array[]} pictures of SIZE */
function look(engine, pictures) {
  const dataset = engine.createDataset({ size: SIZE });
  for (const rgb of pictures) dataset.addRgb(rgb);
  const features = Features.extract(engine.heap, dataset, 0, pictures.length, 'random-conv-1');
  const rows = features.rows();
  return pictures.map((rgb, i) => {
    const small = blocksOf(rgb, SIZE, BLOCKS);
    const row = rows.slice(i * features.size, (i + 1) * features.size);
    return { small, hash: hashOf(small), sharpness: sharpnessOf(rgb, SIZE), row, side: null };
  });
}

const random = randomOf(7);
/** Nothing like a face, or a drawn one. */
const ODD = [
  picture(() => 256 * random()),
  picture(() => 120),
  picture((x, y) => (Math.floor(y / 4) % 2 && random() < 0.6 ? 20 : 245)), // a page of writing
  picture((x, y) => 255 * Math.min(1, Math.max(0, 0.5 + Math.sin((x + y) / 3)))),
  picture((x, y, c) => (c === 2 ? 200 - y : 90 + y + 20 * random())), // sky and ground
];

test('among real faces', { skip: fs.existsSync(FACES) ? false : 'no ../shared/data beside the project' }, async (t) => {
  const engine = await createEngine({ threads: 2 });
  const zip = await openZip(new Blob([fs.readFileSync(FACES)]), 'faces-128.zip');
  const [small, large] = [SIZE, 2 * SIZE].map((size) => engine.createDataset({ size }));
  for (const file of zip.files.slice(0, COUNT)) {
    const bytes = await file.read();
    small.addFile(bytes);
    large.addFile(bytes);
  }
  const faces = Array.from({ length: COUNT }, (_, i) => small.picture(i));
  const fromLarge = (/** @type {number} */ i, /** @type {number} */ edge) =>
    resized(large.picture(i), 2 * SIZE, edge, SIZE);
  // Copies of faces 0 to 24: the file again, noise, brighter, a border cut off, few pixels.
  const copies = Array.from({ length: 25 }, (_, i) => {
    const rgb = faces[i];
    if (i % 5 === 0) return rgb;
    if (i % 5 === 1) return rgb.map((value) => Math.max(0, Math.min(255, value + 16 * (random() - 0.5))));
    if (i % 5 === 2) return rgb.map((value) => Math.min(255, 1.12 * value + 8));
    if (i % 5 === 3) return fromLarge(i, 3);
    return resized(resized(rgb, SIZE, 0, 40), 40, 0, SIZE);
  });
  const blurred = Array.from({ length: 10 }, (_, i) => resized(resized(faces[100 + i], SIZE, 0, 18), 18, 0, SIZE));
  const drawn = [1, 2, 3].map((i) => engine.doodle(0, i, SIZE));
  const all = [...faces.slice(0, 100), ...faces.slice(110), ...copies, ...blurred, ...ODD, ...drawn];
  const begin = { copies: COUNT - 10, blurred: COUNT - 10 + copies.length };
  const odd = begin.blurred + blurred.length;
  const looks = look(engine, all);

  const same = await findSame(looks, pause);
  assert.equal(same.length, copies.length);
  for (const { index, of } of same) assert.equal(Math.max(index, of) - begin.copies, Math.min(index, of));

  const soft = findBlurred(looks);
  t.diagnostic(`blurred: ${soft}`);
  const found = soft.filter((i) => i >= begin.blurred && i < odd);
  assert.equal(found.length, blurred.length, 'all blurred ones are found');
  const others = soft.filter((i) => i < begin.copies);
  assert.ok(others.length <= 1, `sharp faces: ${others}`);

  const far = await findOdd(looks, pause);
  t.diagnostic(`odd: ${far}; planted from ${odd}`);
  for (let i = odd; i < all.length; i++) assert.ok(far.includes(i), `odd one ${i - odd} is found`);
  const wrong = far.filter((i) => i < begin.blurred);
  assert.ok(wrong.length <= 2, `faces that are not odd: ${wrong}`);
  engine.dispose();
});

test('plain pictures: only those of one colour are the same, and none is blurred or odd', async () => {
  const engine = await createEngine({ threads: 1 });
  const looks = look(
    engine,
    Array.from({ length: 40 }, (_, i) => picture(() => 6 * Math.min(i, 36))),
  );
  assert.deepEqual(
    (await findSame(looks, pause)).map(({ index, of }) => [index, of]),
    [37, 38, 39].map((i) => [i, 36]),
  );
  assert.deepEqual(findBlurred(looks), []);
  assert.deepEqual(await findOdd(looks.slice(0, 10), pause), []);
  engine.dispose();
});

test('sizes are read from the first bytes', () => {
  const ppm = Buffer.from('P6\n# by hand\n300 200\n255\n');
  assert.deepEqual(sidesOf(ppm), [200, 300]);
  const png = Buffer.alloc(33);
  png.write('\x89PNG\r\n\x1a\n', 'latin1');
  png.writeUInt32BE(640, 16);
  png.writeUInt32BE(480, 20);
  assert.deepEqual(sidesOf(png), [480, 640]);
  // A JPEG with a large profile before its frame header.
  const jpeg = Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe2, 0x10, 0x02]),
    Buffer.alloc(0x1000, 0xc0),
    Buffer.from([0xff, 0xc4, 0, 3, 9, 0xff, 0xc2, 0, 11, 8, 0x04, 0x00, 0x03, 0x00, 1]),
  ]);
  assert.deepEqual(sidesOf(jpeg), [768, 1024]);
  const webp = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64');
  assert.deepEqual(sidesOf(webp), [1, 1]);
  for (const bytes of ['', 'GIF8', 'RIFF....WEBPVP8X', '\xff\xd8\xff\xe0', 'what else'])
    assert.equal(sidesOf(Buffer.from(bytes, 'latin1')), null);
});
