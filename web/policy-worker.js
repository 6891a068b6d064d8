/**
 * Workers under the page's Content-Security-Policy. A worker from an address of the network has the policy of its own
 * response, and a static host sends none: the page's <meta> does not bind it. A worker from a blob: inherits the policy of
 * the one that starts it (HTML standard, "determining navigation params policy container"; Chromium, Firefox and WebKit do
 * so, tests/browser/policy.test.js). So the worker is a blob: of one line, which imports the real one.
 */
export class PolicyWorker extends Worker {
  /** @param {string | URL} url of a module @param {WorkerOptions} [options] */
  constructor(url, options) {
    const line = `import ${JSON.stringify(new URL(url, import.meta.url).href)};`;
    super(URL.createObjectURL(new Blob([line], { type: 'text/javascript' })), { ...options, type: 'module' });
  }
}
