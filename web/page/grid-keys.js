/** Keys that lead from one picture of a grid to another. */

/**
 * @param {string} key @param {number} at the picture that one is on @param {number} count @param {number} columns
 * @returns {number | undefined} the picture that the key leads to, which may lie outside of the grid; undefined: the key leads nowhere
 */
export function placeAfter(key, at, count, columns) {
  /** @type {Record<string, number>} */
  const places = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: count - 1,
  };
  return places[key];
}
