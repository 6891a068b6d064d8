/** Text from files (names, metadata, messages), made fit for a terminal. */

/**
 * What a terminal obeys or hides: control characters, line separators, marks that change the direction of writing, halves
 * of surrogate pairs.
 */
const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** @param {string} text of one line @returns {string} with such characters as \u001b, which JSON reads as them again */
export const escaped = (text) =>
  text.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same for several lines. @param {string} text @returns {string} */
const escapedLines = (text) => text.split('\n').map(escaped).join('\n');

/** From here on whatever the commands print goes through this. What may hold line ends of its own is to be escaped before. */
export function guardConsole() {
  for (const name of /** @type {const} */ (['log', 'error'])) {
    const print = console[name].bind(console);
    console[name] = (...values) =>
      print(...values.map((value) => (typeof value === 'string' ? escapedLines(value) : value)));
  }
}
