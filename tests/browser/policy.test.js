/**
 * No request leaves the origin: the page's policy holds in the worker, where the pictures are, and in the engine's threads.
 * A copy of the site tries everything there that a worker can try.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { serveFolder } from '../../scripts/serve.js';
import { ROOT } from '../../scripts/shell.js';
import { MISSING, NAMES, openBrowser, until, untilReady } from './browsers.js';

/** @type {string[]} what has reached the other server */
let reached = [];
/** @type {http.Server} */
let other;
let address = '';

before(async () => {
  other = http.createServer((request, response) => {
    reached.push(request.url ?? '');
    const allowed = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };
    response.writeHead(200, { ...allowed, 'Content-Type': 'text/javascript' }).end('');
  });
  other.on('upgrade', (request, socket) => {
    reached.push(request.url ?? '');
    socket.destroy();
  });
  await new Promise((resolve) => other.listen(0, '127.0.0.1', () => resolve(null)));
  address = `127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (other.address()).port}`;
});
after(() => {
  other.closeAllConnections();
  other.close();
});

/** Runs in the worker and in a thread. @param {string} address @param {string} who */
async function tryEverything(address, who) {
  /** @type {Record<string, string>} */
  const results = {};
  /** @param {string} name @param {() => any} body */
  const attempt = async (name, body) => {
    const late = new Promise((resolve) => setTimeout(resolve, 3000, 'no answer'));
    const tried = Promise.resolve()
      .then(body)
      .then(
        () => 'done',
        (error) => `refused: ${error}`,
      );
    results[name] = /** @type {string} */ (await Promise.race([tried, late]));
  };
  /** @param {EventTarget & {onopen: any, onerror: any}} socket */
  const opened = (socket) =>
    new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error('an error event'));
    });
  const blob = (/** @type {string} */ text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  await attempt('fetch', () => fetch(`http://${address}/${who}/fetch`));
  await attempt('no-cors', () => fetch(`http://${address}/${who}/no-cors`, { mode: 'no-cors' }));
  await attempt('XMLHttpRequest', () => {
    const request = new XMLHttpRequest();
    request.open('GET', `http://${address}/${who}/xhr`, false);
    request.send();
  });
  await attempt('WebSocket', () => opened(new WebSocket(`ws://${address}/${who}/socket`)));
  if ('EventSource' in globalThis)
    await attempt('EventSource', () => opened(new EventSource(`http://${address}/${who}/events`)));
  await attempt('import', () => import(/* @vite-ignore */ `http://${address}/${who}/module.js`));
  await attempt('import of a blob', () => import(/* @vite-ignore */ blob(`export {}`)));
  await attempt('importScripts', () => /** @type {any} */ (globalThis).importScripts(`http://${address}/${who}/s.js`));
  await attempt('eval', () => (0, eval)('1'));
  new BroadcastChannel('policy').postMessage({ who, results });
}

/** @param {boolean} withPolicy false: the page has none, to see that the attempts get through then */
function serveProbe(withPolicy) {
  const probe = (/** @type {string} */ who) => `(${tryEverything})(${JSON.stringify(address)}, '${who}');`;
  // The thread that tries is one of the engine's own kind that is given no work: a busy one would not answer.
  const start = `new Worker('ssdgan.simd-mt.mjs', { name: 'em-pthread-policy' }); ${probe('worker')}`;
  return serveFolder(path.join(ROOT, 'dist'), (name, text) => {
    if (name === 'index.html' && !withPolicy) return text.replace('Content-Security-Policy', 'x');
    if (/^assets\/worker-/.test(name))
      return `${text}\nself.addEventListener('message', ({ data }) => { if (data.policy) { ${start} } });`;
    if (/^engine\/.*\.mjs$/.test(name)) return `${text}\nif (self.name === 'em-pthread-policy') ${probe('thread')}`;
    return text;
  });
}

/** @param {import('./browsers.js').BrowserName} name @param {boolean} withPolicy @returns {Promise<Record<string, Record<string, string>>>} */
async function resultsOf(name, withPolicy) {
  const site = await serveProbe(withPolicy);
  const tab = await openBrowser(name);
  try {
    reached = [];
    await tab.goto(`${site.url}?width=4&starter=none&doodles=100`);
    await untilReady(tab);
    await tab.run(() => {
      const page = /** @type {any} */ (globalThis);
      page.policyResults = {};
      new BroadcastChannel('policy').onmessage = ({ data }) => (page.policyResults[data.who] = data.results);
      page.ssdganApp.client.worker.postMessage({ policy: true });
    });
    await until(tab, () => Object.keys(/** @type {any} */ (globalThis).policyResults).length === 2);
    return await tab.run(() => /** @type {any} */ (globalThis).policyResults);
  } finally {
    await tab.close();
    site.close();
  }
}

for (const name of NAMES) {
  test(`worker and threads reach no other server (${name})`, { skip: MISSING[name] }, async () => {
    const results = await resultsOf(name, true);
    assert.deepEqual(Object.keys(results).sort(), ['thread', 'worker']);
    for (const [who, answers] of Object.entries(results))
      for (const [way, answer] of Object.entries(answers))
        assert.match(answer, /^refused/, `${who}, ${way}: ${answer}`);
    assert.deepEqual(reached, []);
  });
}

test('without the policy the same attempts do reach it', { skip: MISSING.Chromium }, async () => {
  await resultsOf('Chromium', false);
  for (const who of ['worker', 'thread'])
    for (const way of ['fetch', 'no-cors', 'xhr', 'socket', 'events', 'module.js'])
      assert.ok(reached.includes(`/${who}/${way}`), `${who}, ${way}`);
});
