/** Scores in plain sentences. */

/** @typedef {import('./evaluate.js').Scores} Scores */

/** Where a score lies between its floor (0) and its ceiling (1), on a logarithmic scale, since scores run over decades.
 * @param {number} value @param {number} floor @param {number} ceiling @returns {number} */
export function position(value, floor, ceiling) {
  const low = Math.max(floor, ceiling * 1e-3, 1e-9);
  if (!(ceiling > low)) return 1;
  return Math.min(1, Math.max(0, Math.log(Math.max(value, low) / low) / Math.log(ceiling / low)));
}

/**
 * A distance between its floor and the lower of its ceilings: place 1 is a real picture's, 0 what noise or the mean
 * picture reach.
 * @param {'swd' | 'kernel'} name @param {Scores} scores @param {Scores} floor @param {{noise: Scores, mean: Scores}} ceilings
 */
export function placeOf(name, scores, floor, ceilings) {
  const byNoise = ceilings.noise[name] <= ceilings.mean[name];
  const ceiling = byNoise ? ceilings.noise[name] : ceilings.mean[name];
  const low = name === 'kernel' ? Math.max(floor.kernel, 2 * floor.kernelSpread) : floor.swd;
  const place = 1 - position(scores[name], low, ceiling);
  return { value: scores[name], floor: floor[name], ceiling, ceilingOf: byNoise ? 'noise' : 'the mean picture', place };
}

/**
 * @param {Scores} scores @param {Scores} floor @param {{noise: Scores, mean: Scores}} ceilings
 * @returns {{quality: string, copying: string, diversity: string}}
 */
export function summaryOf(scores, floor, ceilings) {
  const places = /** @type {const} */ (['swd', 'kernel']).map((name) => placeOf(name, scores, floor, ceilings).place);
  const reached = Math.min(...places);
  const marks = [
    [0.9, 'almost like real pictures'],
    [0.7, 'much like real pictures'],
    [0.5, 'recognisably of their kind'],
    [0.3, 'roughly of their kind'],
  ];
  const mark = marks.find(([least]) => reached >= Number(least))?.[1] ?? 'far from real pictures';
  const ratio = scores.swd / Math.max(floor.swd, 1e-9);
  const near = `small patches differ ${ratio.toFixed(1)} times as much as those of real held-out pictures`;
  return {
    quality: `Quality: ${mark}; ${near}.`,
    copying: copyingSentence(scores),
    diversity: diversitySentence(scores),
  };
}

/** About 1 % of real pictures that were not trained on count as copies, by chance. @param {Scores} scores @returns {string} */
function copyingSentence({ copying, count }) {
  const { share, copies } = copying;
  const told = `${copies.length} of ${count} samples are closer to a training picture than 99 % of the training pictures are to each other`;
  // One standard deviation short of three above what 1 % would give by chance.
  const chance = 0.01 + 2 * Math.sqrt((0.01 * 0.99) / count);
  if (share > 0.25) return `Copying: yes, ${told}.`;
  if (share > chance) return `Copying: some, ${told}.`;
  return `Copying: none seen; ${told} (about 1 % happens by chance).`;
}

/** @param {Scores} scores @returns {string} */
function diversitySentence({ diversity }) {
  const { features, nearest } = diversity;
  const told = `compared with the training pictures: spread ${percent(features)}, distance to the most similar other one ${percent(nearest)}`;
  if (features < 0.3) return `Diversity: collapsed, all samples are nearly the same (${told}).`;
  if (nearest < 0.3) return `Diversity: collapsed, the same few samples return again and again (${told}).`;
  if (features < 0.7 || nearest < 0.6) return `Diversity: low (${told}).`;
  return `Diversity: good (${told}).`;
}

/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)} %`;

/**
 * @param {Scores} scores @param {Scores} floor @param {number} training pictures @param {{frechet: number, other: number}} few
 * @returns {string[]}
 */
export function warningsOf(scores, floor, training, few) {
  const warnings = [];
  const least = Math.min(scores.count, floor.count, training);
  if (least < few.other) {
    warnings.push(`with ${least} pictures the scores are mostly chance; use at least ${few.other}.`);
  }
  if (scores.frechet !== undefined && least < few.frechet) {
    warnings.push(
      `with fewer than ${few.frechet} pictures (here ${least}) the Frechet distance comes out too high: compare it only with the floor, and with scores of as many pictures.`,
    );
  }
  if (scores.count !== floor.count && scores.recall !== undefined) {
    warnings.push(
      `the floor has ${floor.count} pictures and the model ${scores.count} samples: recall and coverage grow with the number, so do not compare them.`,
    );
  }
  return warnings;
}
