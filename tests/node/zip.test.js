/** Zips as archivers, systems and faults leave them: every file that is whole is read, everything else is told by name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJunk } from '../../wasm/engine/junk.js';
import { isZip, openZip, unpack, writeZip } from '../../wasm/engine/zip.js';
import { makeZip } from '../zips.js';

const text = (/** @type {Uint8Array} */ bytes) => new TextDecoder().decode(bytes);

/**
 * All that is in a zip.
 * @param {import('../../wasm/engine/zip.js').Source} source
 * @returns {Promise<{names: string[], contents: string[], refused: Record<string, string>}>}
 */
async function read(source) {
  const { files, refused } = await openZip(source, 'z');
  const found = [];
  for await (const file of unpack(files, refused)) found.push(file);
  return {
    names: found.map(({ name }) => name),
    contents: found.map(({ bytes }) => text(bytes)),
    refused: Object.fromEntries(refused.map(({ name, reason }) => [name, reason])),
  };
}

/** @param {import('../zips.js').Entry[]} entries @param {Parameters<typeof makeZip>[1]} [options] */
const readMade = (entries, options) => read(makeZip(entries, options));

test('stored and compressed files, from bytes, from a Blob, and read in parts', async () => {
  const zip = makeZip([
    { name: 'a', data: 'first' },
    { name: 'folder/', data: '', method: 0 },
    { name: 'folder/b', data: 'second', method: 0 },
    { name: 'empty', data: '', method: 0 },
  ]);
  /** @type {number[]} */
  const lengths = [];
  const part = async (/** @type {number} */ offset, /** @type {number} */ length) => {
    lengths.push(length);
    return zip.slice(offset, offset + length);
  };
  for (const source of [zip, new Blob([/** @type {any} */ (zip)]), { size: zip.length, read: part }]) {
    assert.deepEqual(await read(source), {
      names: ['z/a', 'z/folder/b', 'z/empty'],
      contents: ['first', 'second', ''],
      refused: {},
    });
  }
  assert.ok(lengths.length >= 2);
  assert.equal(lengths.filter((length) => length >= 1e6).length, 1, 'what lies together is read together');
});

test('files on the edges of what is read ahead are whole, in any order', async () => {
  const contents = Array.from({ length: 40 }, (_, i) =>
    String.fromCharCode(65 + i).repeat(i === 20 ? 700_000 : 90_000),
  );
  const { files } = await openZip(makeZip(contents.map((data, i) => ({ name: String(i), data, method: 0 }))), 'z');
  for (const order of [files.keys(), [...files.keys()].reverse()])
    for (const i of order) assert.equal(new TextDecoder().decode(await files[i].read()), contents[i], String(i));
  const together = await Promise.all(files.map((file) => file.read()));
  assert.deepEqual(together.map(({ length }) => length), contents.map(({ length }) => length)); // prettier-ignore
});

test('one bad entry spoils no other, and each has its true reason', async () => {
  const good = { name: 'good', data: 'good' };
  const long = 'x'.repeat(1000);
  const packed = Uint8Array.from([0xff, 0xff, 0xff]);
  const { names, refused } = await readMade([
    good,
    { name: 'crc', data: long, crc: 5 },
    { name: 'stored-crc', data: long, crc: 5, method: 0 },
    { name: 'noise', data: long, packed },
    { name: 'short', data: long, size: 999 },
    { name: 'long', data: long, size: 1001 },
    { name: 'bzip2', data: long, method: 12 },
    { name: 'other', data: long, method: 77 },
    { name: 'secret', data: long, flags: 1 },
    { name: 'link', data: 'good', mode: 0o120777 },
    { name: 'nowhere', data: long, offset: 11 },
    { name: 'beyond', data: long, packedSize: 9e5 },
    { name: 'big', data: long, size: 3e8 },
    { name: 'inner', data: makeZip([good]), method: 0 },
    { ...good, name: 'last' },
  ]);
  assert.deepEqual(names, ['z/good', 'z/last']);
  /** @type {Record<string, RegExp>} */
  const reasons = {
    crc: /checksum/, 'stored-crc': /checksum/, noise: /checksum/, short: /checksum/, long: /checksum/,
    bzip2: /BZIP2/, other: /method 77/, secret: /encrypted/, link: /a link/, nowhere: /nothing is where/,
    beyond: /cut off|other files lie/, big: /^300 MB; a file may have 256 MB/, inner: /a zip inside a zip/,
  }; // prettier-ignore
  for (const [name, reason] of Object.entries(reasons)) assert.match(refused[`z/${name}`] ?? 'read', reason, name);
  assert.equal(Object.keys(refused).length, Object.keys(reasons).length);
});

test('bombs are refused before they are unpacked', async () => {
  const zeros = makeZip([{ name: 'zeros', data: new Uint8Array(33e6) }]);
  assert.match((await read(zeros)).refused['z/zeros'], /1,0\d\d times its size \(33 MB\)/);
  const small = makeZip([{ name: 'zeros', data: new Uint8Array(3e6) }]);
  assert.deepEqual((await read(small)).names, ['z/zeros'], 'a drawing may well be white');
  // The same bytes behind many names.
  const data = new Uint8Array(20e6);
  const [first, ...others] = Array.from({ length: 50 }, (_, i) => ({ name: `p${i}`, data, offset: 0 }));
  const shared = makeZip([
    first,
    ...others.map((entry) => ({ ...entry, packed: new Uint8Array(0), packedSize: 19500 })),
  ]);
  const { names, refused } = await read(shared);
  assert.ok(names.length <= 1 && Object.values(refused).length >= 49, `${names.length}`);
  assert.match(refused['z/p49'], /other files lie/);
});

test('names: backslashes, ways out of the folder, duplicates, encodings', async () => {
  const latin = Uint8Array.from([0x53, 0x81, 0xe1, 0x2e, 0x6a, 0x70, 0x67]); // "Süß.jpg" in cp437
  const accents = Uint8Array.from([...Buffer.from('ch'), 0x83, ...Buffer.from('teau.jpg')]);
  const japanese = Uint8Array.from([0x8e, 0xca, 0x90, 0x5e, 0x2e, 0x6a, 0x70, 0x67]); // 写真.jpg in Shift-JIS
  const { names, contents } = await readMade([
    { name: 'fotos\\', data: '', method: 0 },
    { name: 'fotos\\a', data: '1' },
    { name: 'fotos\\Thumbs.db', data: '1' },
    { name: '../../etc/b', data: '2' },
    { name: '/absolute/c', data: '3' },
    { name: 'C:\\Users\\d', data: '4' },
    { name: 'twice', data: '5' },
    { name: 'twice', data: '6' },
    { name: 'Käse.jpg', data: '7' },
    { name: new TextEncoder().encode('Öl.jpg'), data: '8' },
    { name: latin, data: '9' },
    { name: accents, data: '10' },
    { name: japanese, data: '11' },
  ]);
  assert.deepEqual(
    names.map((name) => name.slice(2)),
    ['fotos/a', 'etc/b', 'absolute/c', 'Users/d', 'twice', 'twice', 'Käse.jpg', 'Öl.jpg', 'Süß.jpg', 'château.jpg', '写真.jpg'],
  ); // prettier-ignore
  assert.deepEqual(contents, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']);
});

test('zip64, data descriptors, a program before, bytes behind, a comment', async () => {
  const entries = [
    { name: 'a', data: 'first' },
    { name: 'b', data: 'second' },
  ];
  const wanted = { names: ['z/a', 'z/b'], contents: ['first', 'second'], refused: {} };
  const each = (/** @type {object} */ more) => entries.map((entry) => ({ ...entry, ...more }));
  assert.deepEqual(await readMade(each({ descriptor: true })), wanted);
  assert.deepEqual(await readMade(each({ zip64: true }), { zip64: true }), wanted);
  assert.deepEqual(await readMade(entries, { prefix: 'MZ this is a program'.repeat(99) }), wanted);
  assert.deepEqual(await readMade(entries, { suffix: '\0'.repeat(1000) }), wanted);
  assert.deepEqual(await readMade(entries, { comment: 'holiday' }), wanted);
});

test('as many entries as 16 bits count, and one more', async () => {
  for (const count of [65535, 65536]) {
    const zip = makeZip(
      Array.from({ length: count }, (_, i) => ({ name: `f${i}`, data: '', method: 0 })),
      { zip64: count > 65535 },
    );
    const { files, refused } = await openZip(zip, 'z');
    assert.deepEqual([files.length, refused, files.at(-1)?.name], [count, [], `z/f${count - 1}`]);
  }
});

test('no zip, an empty one, one that is cut off at any byte', async () => {
  assert.deepEqual(await readMade([]), { names: [], contents: [], refused: {} });
  const whole = makeZip([
    { name: 'a', data: 'first' },
    { name: 'b', data: 'second', method: 0 },
  ]);
  for (let length = 0; length < whole.length; length++) {
    const { names, refused } = await read(whole.subarray(0, length));
    assert.deepEqual(names, [], `${length}`);
    assert.match(refused.z, /^the zip is damaged or cut off/);
  }
  assert.match((await read(new Uint8Array(1e5))).refused.z, /damaged or cut off/);
});

test('a zip is known by its beginning, or by its name if a program stands before it', () => {
  const zip = makeZip([{ name: 'a' }]);
  assert.ok(isZip(zip) && isZip(zip.subarray(0, 4)) && isZip(makeZip([])));
  assert.ok(
    isZip(new Uint8Array(4), 'photos.ZIP') && !isZip(new Uint8Array(4), 'photos.jpg') && !isZip(new Uint8Array(0)),
  );
});

test('what is written is read again, and the same entries give the same bytes', async () => {
  const entries = [
    { name: 'project.json', data: new TextEncoder().encode('{}') },
    { name: 'pictures/ä.png', data: new Blob(['a picture']) },
    { name: 'empty', data: new Uint8Array(0) },
  ];
  const blob = /** @type {Blob} */ (await writeZip(entries));
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const { names, contents, refused } = await read(blob);
  assert.deepEqual(names, ['z/project.json', 'z/pictures/ä.png', 'z/empty']);
  assert.deepEqual(contents, ['{}', 'a picture', '']);
  assert.deepEqual(refused, {});
  /** @type {Uint8Array[]} */
  const chunks = [];
  const sink = new WritableStream({ write: (/** @type {Uint8Array} */ chunk) => void chunks.push(chunk.slice()) });
  assert.equal(await writeZip(entries, sink), null);
  assert.deepEqual(new Uint8Array(Buffer.concat(chunks)), bytes);
});

test('junk is known wherever systems leave it', () => {
  for (const name of [
    '__MACOSX/._a.jpg', '._a.jpg', 'a/.DS_Store', '.hidden', 'Thumbs.db', 'a/THUMBS.DB', 'ehthumbs.db', 'desktop.ini',
    'Desktop.ini', 'b/@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg', '.@__thumb/a.jpg', '#recycle/a.jpg', '$RECYCLE.BIN/S-1/a.jpg',
    '.AppleDouble/a.jpg', '.Spotlight-V100/x', '.picasaoriginals/a.jpg', 'lost+found/a.jpg', '.Trashes/a.jpg', 'Icon\r',
    'a\\Thumbs.db', '__MACOSX\\._a.jpg', '.picasa.ini', 'System Volume Information/x', '@Recycle/a.jpg', 'a.jpg:Zone.Identifier', 'a.jpg@SynoEAStream', '.thumbnails/a.png',
  ]) assert.ok(isJunk(name), name); // prettier-ignore
  for (const name of ['a.jpg', './a.jpg', '../a.jpg', 'thumbs/a.jpg', 'recycle/a.jpg', 'a.b/c.d.png', 'Icon.png', '#1.jpg', '@me.jpg'])
    assert.ok(!isJunk(name), name); // prettier-ignore
});
