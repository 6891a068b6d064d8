/** Pictures into the dataset, inside the worker: files and zips; formats that only the browser reads go through it. */
import { SsdganError } from '../wasm/engine.js';

/** @typedef {import('../wasm/engine.js').Dataset} Dataset */
/** @typedef {{name: string, reason: string}} Refused */

/** What the core names when it meets a format that browsers may decode. */
const BROWSER_FORMATS = /^a (WebP|AVIF|HEIC|JPEG XL) file/;

/** @param {Dataset} dataset @param {Uint8Array} bytes the browser's decoder, upright, to plain pixels */
async function addThroughBrowser(dataset, bytes) {
  const bitmap = await createImageBitmap(new Blob([/** @type {any} */ (bytes)]), {
    imageOrientation: 'from-image',
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'default',
  });
  try {
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no canvas');
    context.drawImage(bitmap, 0, 0);
    const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    dataset.addRgba(data, width, height);
  } finally {
    bitmap.close();
  }
}

/** @param {Dataset} dataset @param {string} name @param {Uint8Array} bytes @returns {Promise<Refused | null>} */
async function addOne(dataset, name, bytes) {
  try {
    dataset.addFile(bytes);
    return null;
  } catch (error) {
    if (!(error instanceof SsdganError) || error.code === 'out_of_memory') throw error;
    if (!BROWSER_FORMATS.test(error.message)) return { name, reason: error.message };
    try {
      await addThroughBrowser(dataset, bytes);
      return null;
    } catch (second) {
      if (second instanceof SsdganError && second.code !== 'unsupported') return { name, reason: second.message };
      return { name, reason: error.message };
    }
  }
}

/**
 * @param {Dataset} dataset
 * @param {File[]} files
 * @param {(done: number, total: number) => void} progress
 * @returns {Promise<{added: number, refused: Refused[]}>}
 */
export async function addFiles(dataset, files, progress) {
  /** @type {Refused[]} */
  const refused = [];
  const before = dataset.count;
  const { isZip, isJunk, readZip } = await import('../wasm/zip.js');
  let total = files.length;
  let done = 0;
  let told = 0;
  /** @param {string} name @param {Uint8Array} bytes */
  const add = async (name, bytes) => {
    const no = await addOne(dataset, name, bytes);
    if (no) refused.push(no);
    done++;
    if (performance.now() - told > 100) {
      told = performance.now();
      progress(done, total);
    }
  };
  for (const file of files) {
    const name = file.webkitRelativePath || file.name;
    if (isJunk(name)) {
      done++;
      continue;
    }
    let bytes;
    try {
      bytes = new Uint8Array(await file.arrayBuffer());
    } catch {
      refused.push({ name, reason: 'the file cannot be read; was it moved or changed?' });
      done++;
      continue;
    }
    if (!isZip(bytes)) {
      await add(name, bytes);
      continue;
    }
    const zip = readZip(bytes, name);
    refused.push(...zip.refused);
    total += zip.files.length - 1;
    for (const entry of zip.files) await add(entry.name, entry.bytes);
  }
  progress(total, total);
  return { added: dataset.count - before, refused };
}
