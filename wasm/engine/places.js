/** Pictures of a dataset taken out and put in, where they lie in memory: a second copy of thousands would be too much. */

/** @typedef {import('./dataset.js').Dataset} Dataset */

/** @param {Dataset} dataset */
function memoryOf({ heap, pointer, size }) {
  heap.refreshViews();
  const first = heap.module._ssd_dataset_picture(pointer, 0);
  return { at: (/** @type {number} */ index) => first + index * size ** 2 * 3, bytes: heap.module.HEAPU8 };
}

/** @param {Dataset} dataset @param {number[]} indices ascending */
export function removePictures(dataset, indices) {
  const { at, bytes } = memoryOf(dataset);
  let to = indices[0];
  for (const [i, index] of indices.entries()) {
    const next = indices[i + 1] ?? dataset.count;
    bytes.copyWithin(at(to), at(index + 1), at(next));
    to += next - index - 1;
  }
  for (let i = 0; i < indices.length; i++) dataset.remove(dataset.count - 1);
}

/** @param {Dataset} dataset @param {number[]} indices that they get, ascending @param {Uint8Array[]} pictures size x size x 3 each */
export function insertPictures(dataset, indices, pictures) {
  let [from, to] = [dataset.count, dataset.count + indices.length];
  dataset.reserve(indices.length);
  for (const picture of pictures) dataset.addRgb(picture);
  const { at, bytes } = memoryOf(dataset);
  for (let i = indices.length - 1; i >= 0; i--) {
    const stay = to - indices[i] - 1;
    bytes.copyWithin(at(indices[i] + 1), at(from - stay), at(from));
    bytes.set(pictures[i], at(indices[i]));
    from -= stay;
    to = indices[i];
  }
}

/** @param {Dataset} dataset @param {number} index @param {Uint8Array} picture size x size x 3, that takes the place of the one there */
export function replacePicture(dataset, index, picture) {
  const { at, bytes } = memoryOf(dataset);
  bytes.set(picture, at(index));
}
