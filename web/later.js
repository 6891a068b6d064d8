/** Modules that are not needed at first. They are fetched before they are needed, because the network may be gone then. */

/** @type {(() => Promise<unknown>)[]} */
const waiting = [];

/**
 * @template T
 * @param {() => Promise<T>} load imports a module
 * @returns {() => Promise<T>} the module; after a failure the next call tries again
 */
export function later(load) {
  /** @type {Promise<T> | null} */
  let loading = null;
  const get = () => {
    loading ??= load().catch((error) => {
      loading = null;
      throw error;
    });
    return loading;
  };
  waiting.push(get);
  return get;
}

/** Fetches all of them, one after the other. Call it when the first load is done. */
export async function fetchLater() {
  // What comes may bring others. Who needs what is missing will say so.
  for (let get = waiting.shift(); get; get = waiting.shift()) await get().catch(() => {});
}
