/**
 * A training in a tab whose browser is killed at random moments, while it trains and while it saves: each time it is started
 * again, one click continues, and in the end all bits equal those of a run that was never stopped. 2 kills; 200 with
 * SSDGAN_LONG=1 (npm run test:long).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { readSafetensors } from '../../wasm/engine/safetensors.js';
import { BROWSER, serveFolder } from '../../scripts/serve.js';
import { ROOT } from '../../scripts/shell.js';
import { chooseSize, downloadBy, setEpochs, untilReady, untilStep, untilText } from './page.js';

/** @typedef {import('playwright-core').Page} Page */

const KILLS = process.env.SSDGAN_LONG ? 200 : 2;
/** Epochs, of one step each with twelve pictures. A round makes about seventy on a quiet machine: with sixty the run ended at the 181st of 200 kills. */
const EPOCHS = 60 + 90 * KILLS;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ssdgan-browser-'));
const site = await serveFolder(path.join(ROOT, 'dist'), undefined, { prefix: '/some/where/' });
after(() => {
  site.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** @param {string} profile */
async function start(profile) {
  const context = await chromium.launchPersistentContext(path.join(folder, profile), {
    ...BROWSER,
    acceptDownloads: true,
  });
  const page = await context.newPage();
  await page.goto(`${site.url}?width=4&starter=none&doodles=100`);
  await untilReady(page);
  return { context, page };
}

/** @param {Page} page */
async function begin(page) {
  await chooseSize(page, '32');
  const pictures = Array.from({ length: 12 }, (_, i) => ({
    name: `${i}.ppm`,
    mimeType: 'image/x-portable-pixmap',
    buffer: Buffer.concat([
      Buffer.from('P6 8 8 255\n'),
      Buffer.from(Array.from({ length: 192 }, (_x, j) => (i * 31 + j * 7) % 256)),
    ]),
  }));
  await page.setInputFiles('#file-input', pictures);
  await untilText(page, 'intake-state', /^12 pictures/);
  await untilReady(page);
  await setEpochs(page, EPOCHS);
  await page.click('#train-button');
}

/** The final state. A run that was opened after its end has not logged that end again. @param {Page} page */
async function end(page) {
  await page.waitForFunction(() => document.body.dataset.phase === 'finished', null, { timeout: 600e3 });
  const { tensors, metadata } = readSafetensors((await downloadBy(page, 'save-checkpoint')).bytes);
  const plan = { ...JSON.parse(metadata.plan), logLines: 0 };
  return { tensors, plan, metadata: { ...metadata, plan: '', checksum: '' } };
}

test(`${KILLS} kills of the browser lose nothing`, async () => {
  const unbroken = await start('unbroken');
  await begin(unbroken.page);
  const wanted = await end(unbroken.page);
  await unbroken.context.close();

  let kills = 0;
  for (; kills < KILLS; kills++) {
    const { context, page } = await start('killed');
    if (kills && (await page.textContent('#continue-button')) === 'Open') {
      await context.close();
      break; // it was done before the kill
    }
    if (kills) await page.click('#continue-button');
    else await begin(page);
    await untilStep(page, 1);
    // Without pause, so that a good share of the kills falls into a save. The first one must be there.
    await page.evaluate(() => {
      const { client } = /** @type {any} */ (globalThis).ssdganApp;
      setInterval(() => client.request('train.save').catch(() => {}), 50);
    });
    await untilText(page, 'project-saved', /saved at step/);
    await page.waitForTimeout(1500 * Math.random());
    spawnSync('pkill', ['-9', '-f', path.join(folder, 'killed')]);
    await context.close().catch(() => {});
  }
  const { context, page } = await start('killed');
  await page.click('#continue-button');
  const killed = await end(page);
  await context.close();
  console.log(`# ${kills} kills`);
  assert.ok(kills > 0);
  assert.deepEqual(killed.plan, wanted.plan);
  assert.deepEqual(killed.metadata, wanted.metadata);
  for (const [name, { data }] of Object.entries(wanted.tensors))
    assert.deepEqual(killed.tensors[name].data, data, name);
});
