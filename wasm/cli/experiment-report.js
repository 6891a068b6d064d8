/** What an experiment leaves: a table (Markdown, JSON), loss curves (JSON). Plain functions of what the runs left behind. */

/** @typedef {import('./evaluate.js').Scores} Scores */
/** @typedef {{kind: string, step: number, sentence: string}} Trouble */
/** @typedef {{loss_g: number[], loss_d: number[], d_real: number[], d_fake: number[], step: number[]}} Curves */
/**
 * A run at one budget of processor minutes (null: at its end). pictures: training pictures shown; minutes: of the processor,
 * that the training has really used.
 * @typedef {{name: string, seed: number, options: Record<string, any>, budget: number | null, step: number, pictures: number,
 *   minutes: number, parameters: number, scores: Scores, troubles: Trouble[]}} Row
 */
/** @typedef {{floor: Scores, ceilings: {noise: Scores, mean: Scores}, about: any}} Bounds */

/** Heading, value, digits. @type {[string, (s: Scores) => number | undefined, number][]} */
const COLUMNS = [
  ['trained kernel × 1000', (s) => s.trained && 1000 * s.trained.kernel, 1],
  ['trained precision', (s) => s.trained?.precision, 2],
  ['trained recall', (s) => s.trained?.recall, 2],
  ['trained coverage', (s) => s.trained?.coverage, 2],
  ['far', (s) => s.trained?.far, 3],
  ['no face', (s) => s.faces && 1 - s.faces.found, 3],
  ['swd', (s) => s.swd, 1],
  ['kernel', (s) => s.kernel, 3],
  ['frechet', (s) => s.frechet, 0],
  ['precision', (s) => s.precision, 2],
  ['recall', (s) => s.recall, 2],
  ['density', (s) => s.density, 2],
  ['coverage', (s) => s.coverage, 2],
  ['copies', (s) => s.copying.share, 3],
  ['diversity', (s) => s.diversity.features, 2],
  ['nearest', (s) => s.diversity.nearest, 2],
];

/** @param {(number | undefined)[]} values @param {number} digits @returns {string} the mean, with its deviation over seeds */
function cell(values, digits) {
  const known = values.filter((value) => value !== undefined);
  if (!known.length) return '-';
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  if (known.length === 1) return mean.toFixed(digits);
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (known.length - 1));
  return `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}

/** @param {Row[]} rows of one name @returns {string} what the doctor said, once each */
function troublesOf(rows) {
  /** @type {Map<string, number>} */
  const first = new Map();
  for (const { troubles } of rows)
    for (const { kind, step } of troubles) first.set(kind, Math.min(step, first.get(kind) ?? Infinity));
  return [...first].map(([kind, step]) => `${kind} (step ${step})`).join(', ') || 'none';
}

/** What the shares of failures are, and how well each is known. @param {Row[]} rows @param {any} about @returns {string[]} lines */
function failures(rows, about) {
  /** @param {(s: Scores) => number | undefined} read */
  const most = (read) => Math.max(...rows.map(({ scores }) => read(scores) ?? -1));
  const [far, noFace] = [most((s) => s.trained?.farError), most((s) => s.faces?.error)];
  const lines = [];
  if (far >= 0)
    lines.push(`far: share of samples further from the nearest training picture, in ${about.trained}, than nine in ten held-out pictures are; standard error of one model's at most ${far.toFixed(3)}.`); // prettier-ignore
  if (noFace >= 0)
    lines.push(`no face: share of samples in which the detector finds no face; standard error of one model's at most ${noFace.toFixed(3)}.`); // prettier-ignore
  return lines.length ? [...lines, ''] : [];
}

/** @param {Row[]} rows of one budget @param {Bounds | null} bounds @returns {string[]} lines of a Markdown table */
function table(rows, bounds) {
  const names = [...new Set(rows.map(({ name }) => name))];
  const columns = COLUMNS.filter(([, read]) => rows.some(({ scores }) => read(scores) !== undefined));
  const header = ['run', 'seeds', 'M parameters', 'pictures seen', ...columns.map(([name]) => name), 'processor minutes', 'doctor']; // prettier-ignore
  const lines = names.map((name) => {
    const same = rows.filter((row) => row.name === name);
    const over = (/** @type {(row: Row) => number | undefined} */ read, /** @type {number} */ digits) => cell(same.map(read), digits); // prettier-ignore
    return [
      name,
      String(same.length),
      (same[0].parameters / 1e6).toFixed(2),
      Math.round(same.reduce((sum, { pictures }) => sum + pictures, 0) / same.length).toLocaleString('en'),
      ...columns.map(([, read, digits]) => over(({ scores }) => read(scores), digits)),
      over(({ minutes }) => minutes, 1),
      troublesOf(same),
    ];
  });
  if (bounds) {
    const { floor, ceilings } = bounds;
    const kind =
      bounds.about.floor === 'held-out' ? `${bounds.about.heldOut} held-out pictures` : 'half of the pictures';
    for (const [name, scores] of /** @type {[string, Scores][]} */ ([
      [`floor: ${kind}`, floor],
      ['ceiling: mean picture', ceilings.mean],
      ['ceiling: noise', ceilings.noise],
    ]))
      lines.push([name, '', '', '', ...columns.map(([, read, digits]) => cell([read(scores)], digits)), '', '']);
  }
  return [
    `| ${header.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(header.length - 2)} --- |`,
    ...lines.map((line) => `| ${line.join(' | ')} |`),
    '',
  ];
}

/**
 * @param {string} title
 * @param {Row[]} rows @param {Bounds | null} bounds
 * @param {string[]} missing names of runs that are not finished
 * @param {string} command what makes the rest
 * @returns {string} Markdown: one table for each budget
 */
export function markdown(title, rows, bounds, missing, command) {
  const text = [`# ${title}`, ''];
  const budgets = [...new Set(rows.map(({ budget }) => budget))].sort((a, b) => (a ?? 0) - (b ?? 0));
  if (bounds?.about.trained)
    text.push(`Trained features: ${bounds.about.trained}. Others: ${bounds.about.features}.`, '');
  for (const budget of budgets) {
    if (budget !== null) text.push(`## ${budget} processor minutes`, '');
    text.push(...table(rows.filter((row) => row.budget === budget), bounds)); // prettier-ignore
  }
  if (bounds) text.push(...failures(rows, bounds.about));
  if (missing.length) text.push(`Not finished: ${missing.join(', ')}.`, '');
  text.push('```', command, '```', '');
  return text.join('\n');
}

/** Lists over every picture stay out of the JSON table. @param {Scores} scores */
export function slim(scores) {
  const { copying, ...rest } = scores;
  return { ...rest, copying: { share: copying.share, count: copying.copies?.length } };
}

/**
 * Curves from a run's log: means over equal stretches of steps.
 * @param {string} log the text of log.jsonl
 * @param {number} points at most so many
 * @returns {Curves}
 */
export function curves(log, points = 200) {
  const entries = log
    .split('\n')
    .filter((line) => line.includes('"loss_g"') && !line.includes('"validation"'))
    .map((line) => JSON.parse(line));
  const stretch = Math.max(1, Math.ceil(entries.length / points));
  /** @type {any} */
  const result = { step: [], loss_g: [], loss_d: [], d_real: [], d_fake: [] };
  for (let first = 0; first < entries.length; first += stretch) {
    const part = entries.slice(first, first + stretch);
    result.step.push(part[part.length - 1].step);
    for (const name of ['loss_g', 'loss_d', 'd_real', 'd_fake']) {
      const mean = part.reduce((sum, entry) => sum + entry[name], 0) / part.length;
      result[name].push(Number(mean.toPrecision(4)));
    }
  }
  return result;
}

/** @param {string} log @returns {Trouble[]} */
export function troubles(log) {
  return log
    .split('\n')
    .filter((line) => line.includes('"trouble"'))
    .map((line) => JSON.parse(line))
    .map(({ kind, step, sentence }) => ({ kind, step, sentence }));
}
