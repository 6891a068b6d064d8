/**
 * An element with its properties and what is in it. A module of its own, for panels that come later: nothing of it is in the first load.
 * @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {Partial<HTMLElementTagNameMap[T]>} fields @param {Node[]} children @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, fields = {}, ...children) {
  const element = Object.assign(document.createElement(tag), fields);
  element.append(...children);
  return element;
}
