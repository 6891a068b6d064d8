/// <reference types="vite/client" />
/** The workers that find faces, as long as a request to the engine's worker needs them. */
import finderUrl from '../worker/faces/finder.js?worker&url';

/** Each holds a detector and a photo: about 100 MB. */
const MOST_WORKERS = 3;

/**
 * @template T
 * @param {import('./client.js').Client} client @param {number} photos @param {string} type of the request, which takes the ports to them
 * @returns {Promise<T>} its reply
 */
export async function askWithFinders(client, photos, type) {
  const count = Math.max(1, Math.min(MOST_WORKERS, photos, (navigator.hardwareConcurrency ?? 2) >> 1));
  const workers = Array.from({ length: count }, () => client.another(finderUrl));
  try {
    const ports = workers.map((worker) => {
      worker.onerror = (event) => {
        event.preventDefault();
        client.request('faces.stop', { missing: event.message || 'its worker stopped' }).catch(() => {});
      };
      const { port1, port2 } = new MessageChannel();
      worker.postMessage(null, [port2]);
      return port1;
    });
    return await client.request(type, { ports }, ports);
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
