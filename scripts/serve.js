/** A small static server for tests and benchmarks, with the headers that threads need, and how to start Chromium. */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.jpg': 'image/jpeg',
  '.bin': 'application/octet-stream',
  '.onnx': 'application/octet-stream',
  '.safetensors': 'application/octet-stream',
};

const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Options of playwright's chromium.launch: the system's browser, quiet, also as root. */
export const BROWSER = {
  executablePath: process.env.CHROMIUM ?? CANDIDATES.find((file) => fs.existsSync(file)) ?? CANDIDATES[0],
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

/**
 * @param {string} root @param {string} prefix @param {string} url of a request
 * @returns {{name: string, file: string, type: string} | null} null: no such file below the root, or no such URL
 */
function locate(root, prefix, url) {
  try {
    const pathname = decodeURIComponent(new URL(url, 'http://localhost').pathname);
    const name = pathname.slice(prefix.length) || 'index.html';
    const file = path.join(root, name);
    const type = TYPES[/** @type {keyof typeof TYPES} */ (path.extname(file))];
    const isBelow = pathname.startsWith(prefix) && file.startsWith(root + path.sep);
    return isBelow && type && fs.statSync(file).isFile() ? { name, file, type } : null;
  } catch {
    return null;
  }
}

/**
 * Serves a folder on a free port of this machine.
 * @param {string} folder
 * @param {(name: string, text: string) => string} [edit] changes scripts, styles and pages on their way
 * @param {{prefix?: string, isolated?: boolean}} options prefix: the sub-path where it stands, like '/some/where/'
 * @returns {Promise<{url: string, close: () => void}>}
 */
export async function serveFolder(folder, edit = (_, text) => text, { prefix = '/', isolated = true } = {}) {
  const root = path.resolve(folder);
  const server = http.createServer((request, response) => {
    const found = locate(root, prefix, request.url ?? '/');
    if (!found) {
      response.writeHead(404).end();
      return;
    }
    const { name, file, type } = found;
    const data = fs.readFileSync(file);
    response.writeHead(200, { 'Content-Type': type, ...(isolated ? ISOLATION : {}) });
    response.end(type.startsWith('text/') ? edit(name, data.toString()) : data);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
