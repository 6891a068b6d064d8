/**
 * Workers under the page's Content-Security-Policy. A worker from an address of the network has the policy of its own
 * response, and a static host sends none: the page's <meta> does not bind it. A worker from a blob: inherits the policy of
 * the one that starts it (HTML standard, "determining navigation params policy container"; Chromium, Firefox and WebKit do
 * so, tests/browser/policy.test.js). So the worker is a blob:, which imports the real one.
 */

/** The import is a dynamic one: Firefox shows others to no service worker. Messages wait until it is done. @param {string} url */
const starterOf = (url) => `
  const early = [];
  const keep = (event) => {
    event.stopImmediatePropagation();
    early.push(event);
  };
  addEventListener('message', keep);
  import(${JSON.stringify(url)}).then(
    () => {
      removeEventListener('message', keep);
      for (const { data, ports } of early) dispatchEvent(new MessageEvent('message', { data, ports }));
    },
    (error) => setTimeout(() => { throw error; }),
  );`;

export class PolicyWorker extends Worker {
  /** @param {string | URL} url of a module @param {WorkerOptions} [options] */
  constructor(url, options) {
    const script = new Blob([starterOf(new URL(url, import.meta.url).href)], { type: 'text/javascript' });
    super(URL.createObjectURL(script), { ...options, type: 'module' });
  }
}
