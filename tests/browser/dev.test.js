/** The server of `npm run dev`: the page is loaded again after a build that succeeds, and only then. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startDevServer } from '../../scripts/dev-server.js';
import { BROWSER } from '../../scripts/serve.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-dev-'));
const source = path.join(folder, 'a.c');
const browser = await chromium.launch(BROWSER);
after(async () => {
  await browser.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('a change of a source builds and reloads; a failed build leaves the page alone', async () => {
  fs.writeFileSync(source, 'first');
  /** @type {string[]} */
  const builds = [];
  /** @type {((line: string) => void)[]} */
  const waiting = [];
  const server = await startDevServer({
    sources: [folder],
    build: async () => builds.push(fs.readFileSync(source, 'utf8')) > 1, // the first one fails
    log: (line) => line.includes('building') || waiting.shift()?.(line),
    server: { port: 0 },
  });
  after(() => server.close());
  const page = await browser.newPage();
  await page.goto(/** @type {any} */ (server.resolvedUrls).local[0]);
  await page.waitForFunction(() => document.readyState === 'complete');
  await page.evaluate(() => Object.assign(globalThis, { mark: 1 }));
  const marked = () => page.evaluate(() => 'mark' in globalThis);
  /** @param {string} text @returns {Promise<string>} what the server says in the end */
  const edit = (text) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      fs.writeFileSync(source, text);
    });

  assert.match(await edit('wrong'), /failed; the page keeps/);
  assert.ok(await marked());
  assert.match(await edit('right'), /the page reloads/);
  await page.waitForFunction(() => !('mark' in globalThis));
  assert.deepEqual(builds, ['wrong', 'right']);
});
