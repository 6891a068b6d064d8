/** Work that must not overlap. */

/**
 * A queue: each work begins when the one before it has ended, well or badly.
 * @returns {<T>(work: () => Promise<T>) => Promise<T>} what the work gives; who asked for it is told of its failure
 */
export function queue() {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
