/** The server of `npm run dev`: Vite for scripts and styles, and a rebuild of the module when its sources change. */
import path from 'node:path';
import { createServer } from 'vite';
import { ROOT } from './shell.js';

/** Milliseconds without a further change before a build begins: an editor saves several files at once. */
const QUIET = 100;

/**
 * Serves the page and reloads it after every build that succeeds. A failed build leaves the page and its module alone.
 * @param {{sources: string[], build: () => Promise<boolean>, log?: (line: string) => void,
 *   server?: import('vite').ServerOptions}} options
 *   sources: files and folders, from the project's folder; build: ends well or not, and says why in the terminal
 * @returns {Promise<import('vite').ViteDevServer>} it listens
 */
export async function startDevServer({ sources, build, log = console.log, server: options = {} }) {
  const server = await createServer({ configFile: path.join(ROOT, 'vite.config.js'), server: options });
  const watched = sources.map((name) => path.resolve(ROOT, name));
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let building = false;
  let changed = false;

  async function rebuild() {
    if (building) return;
    building = true;
    while (changed) {
      changed = false;
      log('dev: building the module');
      const built = await build();
      if (changed) continue; // while it was built
      log(built ? 'dev: built, the page reloads' : 'dev: the build failed; the page keeps the module it has');
      if (built) server.ws.send({ type: 'full-reload' });
    }
    building = false;
  }

  server.watcher.add(watched);
  server.watcher.on('all', (_event, file) => {
    if (!watched.some((place) => file === place || file.startsWith(place + path.sep))) return;
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(rebuild, QUIET);
  });
  await server.listen();
  return server;
}
