/** Keys: faces that were chosen, with what made them and their name; how they look in a list, and how they are kept. */

/** @typedef {{face: any, label: string}} Key a picked face, as the protocol has it, and its name */
/** @typedef {{size: number, rgba: Uint8ClampedArray}} Picture of one face */

/** What JSON can hold: arrays become JSON, typed arrays do not. @param {Key} key @returns {Key} */
export const plain = ({ face, label }) => ({
  face: face.styles ? { styles: Array.from(face.styles) } : face,
  label,
});

/** @param {Key} key as plain() made it @returns {Key} */
export const revived = ({ face, label }) => ({
  face: face.styles ? { styles: Float32Array.from(face.styles) } : face,
  label,
});

/** Two keys with the same text are the same face. @param {Key} key @returns {string} */
export const textOf = (key) => JSON.stringify(plain(key).face);

/** @param {Picture} picture @param {HTMLCanvasElement} target @returns {HTMLCanvasElement} */
export function drawFace({ size, rgba }, target = document.createElement('canvas')) {
  target.width = target.height = size;
  target.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), size, size), 0, 0);
  return target;
}

/** A face in a list. @param {Key} key @param {Picture} picture @returns {{item: HTMLLIElement, chip: HTMLButtonElement}} */
export function makeChip({ label }, picture) {
  const chip = document.createElement('button');
  chip.type = 'button';
  const name = document.createElement('span');
  name.textContent = label;
  chip.append(drawFace(picture), name);
  const item = document.createElement('li');
  item.append(chip);
  return { item, chip };
}

/** @param {import('../app.js').App} app @param {Key[]} keys @returns {Promise<Picture[]>} */
export async function picturesOf(app, keys) {
  if (!keys.length) return [];
  const faces = keys.map(({ face }) => face);
  const { size, rgba } = await app.client.request('generate', { faces, source: app.source });
  const bytes = size * size * 4;
  return keys.map((_, i) => ({ size, rgba: rgba.slice(i * bytes, (i + 1) * bytes) }));
}
