/** Keys: faces that were chosen, with what made them and their name; how they look in a list, and how they are kept. */
import { drawPicture, pictureOf } from '../draw.js';

/** @typedef {{face: any, label: string}} Key a picked face, as the protocol has it, and its name */
/** @typedef {import('../draw.js').Picture} Picture of one face */

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

/** A face in a list. @param {Key} key @param {Picture} picture @returns {{item: HTMLLIElement, chip: HTMLButtonElement}} */
export function makeChip({ label }, picture) {
  const chip = document.createElement('button');
  chip.type = 'button';
  const name = document.createElement('span');
  name.textContent = label;
  chip.append(drawPicture(picture), name);
  const item = document.createElement('li');
  item.append(chip);
  return { item, chip };
}

/** @param {import('../app.js').App} app @param {Key[]} keys @returns {Promise<Picture[]>} */
export async function picturesOf(app, keys) {
  if (!keys.length) return [];
  const faces = keys.map(({ face }) => face);
  const made = await app.client.request('generate', { faces, source: app.source });
  return keys.map((_, i) => pictureOf(made, i));
}
