/** Faces, given by what decides them; styles for the generator made of one face or of several: interpolations, mixtures. */
import { SsdganError } from '../module/heap.js';
import { EASINGS, lerp, mix, psiOfStages, slerp, stagesNamed, interpolate } from './latents.js';

/**
 * A face: a seed or a latent, truncated by psis (coarse to fine, as psiOfStages) and moved along directions, or finished
 * styles (S x L; S is 1 where the model has no stages).
 * @typedef {{stages?: string, amounts: number[]}} Moves amounts of the strongest directions of these stages (all, coarse,
 *   fine), in deviations of w (Generator.deviation)
 * @typedef {{seed?: number, z?: Float32Array, styles?: Float32Array, psis?: number[], moves?: Moves}} Face
 * @typedef {import('./generator.js').Generator} Generator
 */

/**
 * @param {Generator} generator
 * @param {Float32Array} z N x L
 * @param {ArrayLike<number>} psis N x S
 * @returns {Float32Array} N x S x L
 */
function styled(generator, z, psis) {
  if (!z.length) return new Float32Array(0); // no face has a seed
  const { latentSize, styleCount } = generator;
  const w = generator.map(z);
  const styles = new Float32Array(w.length * styleCount);
  for (let row = 0; row < psis.length; row++) {
    const from = Math.floor(row / styleCount) * latentSize;
    styles.set(w.subarray(from, from + latentSize), row * latentSize);
  }
  return generator.truncate(styles, psis);
}

/** What the moves add to a face's styles. @param {Generator} generator @param {Moves | undefined} moves @returns {Float32Array} S x L */
function shiftOf(generator, moves) {
  const { latentSize, styleCount } = generator;
  const shift = new Float32Array(styleCount * latentSize);
  if (!moves || moves.amounts.every((amount) => amount === 0)) return shift;
  const stages = stagesNamed(moves.stages ?? 'all', styleCount);
  const { vectors } = generator.directions(stages);
  const unit = generator.deviation();
  moves.amounts.forEach((amount, k) => {
    for (const stage of stages)
      for (let l = 0; l < latentSize; l++) shift[stage * latentSize + l] += amount * unit * vectors[k * latentSize + l];
  });
  return shift;
}

/**
 * @param {Generator} generator @param {Face[]} faces without styles
 * @returns {{z: Float32Array, psis: number[][], shifts: Float32Array[]}}
 */
function parts(generator, faces) {
  const { latentSize, styleCount } = generator;
  const z = generator.latents(faces.map(({ seed = 0 }) => seed));
  faces.forEach((face, i) => face.z && z.set(face.z, i * latentSize));
  /** @type {Map<Moves | undefined, Float32Array>} most often all faces have the same */
  const known = new Map();
  const shifts = faces.map(({ moves }) => {
    const shift = known.get(moves) ?? shiftOf(generator, moves);
    known.set(moves, shift);
    return shift;
  });
  return { z, psis: faces.map(({ psis = [1] }) => psiOfStages(psis, styleCount)), shifts };
}

/** @param {Float32Array} styles grows by the shift @param {ArrayLike<number>} shift @param {number} at */
function add(styles, shift, at) {
  for (let i = 0; i < shift.length; i++) if (shift[i] !== 0) styles[at + i] += shift[i];
}

/** @param {Generator} generator @param {Face[]} faces @returns {Float32Array} N x S x L */
export function stylesOf(generator, faces) {
  const length = generator.styleCount * generator.latentSize;
  const { z, psis, shifts } = parts(
    generator,
    faces.filter(({ styles }) => !styles),
  );
  const seeded = styled(generator, z, psis.flat());
  shifts.forEach((shift, i) => add(seeded, shift, i * length));
  const all = new Float32Array(faces.length * length);
  let next = 0;
  faces.forEach(({ styles }, i) => {
    if (styles && styles.length !== length) {
      throw new SsdganError('bad_argument', 'a face belongs to another model: its styles have another size');
    }
    all.set(styles ?? seeded.subarray(next * length, ++next * length), i * length);
  });
  return all;
}

/** @param {Float32Array} all @param {number} length @returns {Float32Array[]} its rows */
export function rows(all, length) {
  return Array.from({ length: all.length / length }, (_, i) => all.subarray(i * length, (i + 1) * length));
}

/**
 * How to interpolate between two styles: in a straight line, or, where the first layer sees w, along the sphere, because the
 * middle of a straight line is shorter there than all w that training has seen, and gives washed-out faces.
 * @param {Generator} generator
 */
export const interpolationOf = (generator) => (generator.hasConstant ? lerp : slerp);

/**
 * Styles that lead through the faces, in w, or in z along the sphere (then every face needs a seed, and truncation and moves
 * change evenly).
 * @param {Generator} generator
 * @param {Face[]} faces at least two
 * @param {{space?: string, frames: number, loop?: boolean, ease?: string}} options space: z or w (default)
 * @returns {Float32Array} frames x S x L
 */
export function interpolateFaces(generator, faces, { space = 'w', frames, ...options }) {
  if (options.ease !== undefined && !(options.ease in EASINGS)) {
    const choice = Object.keys(EASINGS).join(' or ');
    throw new SsdganError('bad_argument', `the easing is "${options.ease}", but must be ${choice}`);
  }
  const { latentSize, styleCount } = generator;
  if (space !== 'z') {
    return interpolate(
      rows(stylesOf(generator, faces), styleCount * latentSize),
      frames,
      interpolationOf(generator),
      options,
    );
  }
  if (faces.some(({ styles }) => styles)) {
    throw new SsdganError('bad_argument', 'a projected or mixed face has no z: interpolate through w');
  }
  const { z, psis, shifts } = parts(generator, faces);
  const styles = styled(
    generator,
    interpolate(rows(z, latentSize), frames, slerp, options),
    interpolate(psis, frames, lerp, options),
  );
  add(styles, interpolate(shifts, frames, lerp, options), 0);
  return styles;
}

/**
 * The grid of StyleGAN's figure 3: the coarse styles, up to `stage`, are the row's, the others the column's.
 * @param {Generator} generator
 * @param {Face[]} down @param {Face[]} across
 * @param {number} stage
 * @returns {{grid: Float32Array, down: Float32Array, across: Float32Array}} styles: row by row; of the faces themselves
 */
export function mixtures(generator, down, across, stage) {
  const { latentSize, styleCount, stages } = generator;
  if (!stages) throw generator.noStyles();
  if (!(Number.isInteger(stage) && stage >= 0 && stage <= stages)) {
    throw new SsdganError('bad_argument', `the stage is ${stage}, but must be a whole number from 0 to ${stages}`);
  }
  const length = styleCount * latentSize;
  const [a, b] = [down, across].map((faces) => stylesOf(generator, faces));
  const grid = new Float32Array(down.length * across.length * length);
  rows(a, length).forEach((x, r) =>
    rows(b, length).forEach((y, c) => grid.set(mix(x, y, stage, latentSize), (r * across.length + c) * length)),
  );
  return { grid, down: a, across: b };
}

/**
 * The same as pictures: the faces themselves above and on the left, the mixtures between them, an empty corner.
 * @param {Generator} generator
 * @param {Face[]} down @param {Face[]} across
 * @param {number} stage as for mixtures()
 * @returns {{rgba: Uint8ClampedArray<ArrayBuffer>, columns: number, styles: Float32Array}} pictures row by row; styles: of the mixtures
 */
export function mixedGrid(generator, down, across, stage) {
  const mixed = mixtures(generator, down, across, stage);
  const bytes = generator.imageSize ** 2 * 4;
  const columns = across.length + 1;
  const rgba = new Uint8ClampedArray((down.length + 1) * columns * bytes);
  const [top, left, inner] = [mixed.across, mixed.down, mixed.grid].map((w) => generator.synthesiseRgba(w, true));
  rgba.set(top, bytes);
  for (let row = 0; row < down.length; row++) {
    const at = (row + 1) * columns * bytes;
    rgba.set(left.subarray(row * bytes, (row + 1) * bytes), at);
    rgba.set(inner.subarray(row * across.length * bytes, (row + 1) * across.length * bytes), at + bytes);
  }
  return { rgba, columns, styles: mixed.grid };
}
