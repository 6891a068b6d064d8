/** Writes docs/settings.md: the table of settings (src/model/config.c), as the engine describes it, and two recipes. */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { createEngine } from '../wasm/engine/engine.js';
import { RECIPES } from '../wasm/run/recipes.js';

/** @typedef {import('../wasm/module/heap.js').ConfigField} Field */

export const FILE = fileURLToPath(new URL('../docs/settings.md', import.meta.url));
const SHOWN = ['paper', 'best'];

const INTRO = `# Settings

All settings of a training, by group. The first column has the name, which \`createTrainer\`, \`ssd_config_set\` and the metadata
of checkpoints use, and below it the option of \`ssdgan train\`. Every flag also has an option that begins with \`--no-\`. The
defaults are the paper's values, and so is the recipe \`paper\`; the column of the recipe \`best\` shows what it changes.

A **network** setting shapes the networks: a model that was trained with one value cannot continue with another. A **live** setting
may change while a training runs.

\`npm run docs\` writes this file from the table in \`src/model/config.c\`.
`;

/** @param {Field} field @param {string | number} value @returns {string} */
function shown({ type, choices }, value) {
  if (type === 'flag') return Number(value) ? 'on' : 'off';
  return type === 'choice' ? (choices[Number(value)] ?? String(value)) : String(value);
}

/** @param {Field} field @returns {string} */
function range({ type, choices, min, max, unit }) {
  if (type === 'flag') return 'on, off';
  const numbers = max < 1e9 ? `${min} to ${max}` : `from ${min}`;
  return `${choices.length ? choices.join(', ') : numbers} ${unit}`.trim();
}

/** @param {string} text @returns {string} */
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

/** @param {Field} field @returns {string} */
function row(field) {
  const name = [field.name, `--${field.option}`].map((text) => `\`${text}\``).join('<br>');
  const kind = [...(field.network ? ['network'] : []), ...(field.live ? ['live'] : [])].join(', ');
  const values = SHOWN.map((recipe) => RECIPES[recipe].settings[field.name]);
  const cells = values.map((value) => (value === undefined ? '' : shown(field, value)));
  return `| ${[name, sentence(field.help), range(field), shown(field, field.default), ...cells.slice(1), kind].join(' | ')} |`;
}

/** @param {import('../wasm/module/heap.js').Description} describe @returns {Promise<string>} */
export async function settingsDocument({ groups, config }) {
  const head = `| setting | what it does | values | default | ${SHOWN.slice(1).join(' | ')} | kind |\n|---|---|---|---|---|---|---|`;
  const sections = groups.map((group) => {
    const rows = config.filter((field) => field.group === group).map(row);
    return [`\n## ${sentence(group).slice(0, -1)}\n`, head, ...rows].join('\n');
  });
  return prettier.format([INTRO, ...sections].join('\n'), {
    ...(await prettier.resolveConfig(FILE)),
    parser: 'markdown',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const engine = await createEngine({ threads: 1 });
  fs.writeFileSync(FILE, await settingsDocument(engine.describe));
  engine.dispose();
}
