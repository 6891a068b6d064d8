/**
 * Core, engine and worker speak English sentences, and know of no other language. Here a sentence is found among templates:
 * the English sentence with {names} for what changes in it.
 */

/** @typedef {import('./words.js').Text} Text */
/** @typedef {{pattern: RegExp, names: string[], text: Text}} Template */

/** @param {Record<string, Text>} engine English template -> words @returns {Template[]} the most exact ones first */
export function compile(engine) {
  const literal = (/** @type {string} */ template) => template.replace(/\{\w+\}/g, '').length;
  return Object.entries(engine)
    .sort(([a], [b]) => literal(b) - literal(a))
    .map(([template, text]) => ({
      pattern: new RegExp(
        // {n} is a number, because it decides between one and many.
        `^${template.replace(/[.*+?^$()[\]\\|]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name) => (name === 'n' ? '(\\d+)' : '([^]+?)'))}$`,
      ),
      names: [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      text,
    }));
}

/** @param {Template[]} templates @param {string} sentence @returns {{text: Text, parts: [string, string][]} | null} parts: names and what stands there */
export function find(templates, sentence) {
  for (const { pattern, names, text } of templates) {
    const found = pattern.exec(sentence);
    if (found) return { text, parts: names.map((name, i) => [name, found[i + 1]]) };
  }
  return null;
}
