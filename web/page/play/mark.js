/**
 * A model's mark: how it paints the faces 0 to 3, roughly. It is the same for a model in a file, at half precision, in a project and
 * in another browser, where bits differ a little; another model has another one.
 */

const SEEDS = [0, 1, 2, 3];
/** A letter for each of 64 levels, as addresses may have them. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The mean red, green and blue of each face. @param {Uint8ClampedArray} rgba @param {number} size @returns {string} */
function lettersOf(rgba, size) {
  const pixels = size * size;
  return SEEDS.flatMap((_, face) =>
    [0, 1, 2].map((channel) => {
      let sum = 0;
      for (let i = 0; i < pixels; i++) sum += rgba[(face * pixels + i) * 4 + channel];
      return LETTERS[Math.floor(sum / pixels / 4)];
    }),
  ).join('');
}

/** @param {import('../app.js').App} app @param {string} source of faces @returns {Promise<string>} size of its faces, a point, 12 letters */
export async function markOf(app, source) {
  const faces = SEEDS.map((seed) => ({ seed, psis: [1] }));
  const { size, rgba } = await app.client.request('generate', { faces, source });
  return `${size}.${lettersOf(rgba, size)}`;
}

/** @param {string} mark @returns {boolean} whether it is one */
export const isMark = (mark) => /^\d{2,4}\.[\w-]{12}$/.test(mark);

/** @param {string} a @param {string} b @returns {boolean} both are marks of one model: no letter is more than one level apart */
export function isSameMark(a, b) {
  const [[sizeA, lettersA], [sizeB, lettersB]] = [a, b].map((mark) => mark.split('.'));
  return (
    sizeA === sizeB &&
    [...lettersA].every((letter, i) => Math.abs(LETTERS.indexOf(letter) - LETTERS.indexOf(lettersB[i])) <= 1)
  );
}
