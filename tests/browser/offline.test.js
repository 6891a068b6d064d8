/** The page without its network: cut after the load. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { makeZip } from '../zips.js';
import { chooseSize, downloadBy, openPage, untilReady, untilStep, untilText } from './page.js';

/** Pictures in a zip. */
const ZIP = makeZip(
  [1, 2, 3].map((n) => ({
    name: `${n}.ppm`,
    data: Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, 60 * n)]),
  })),
);

test('a network that goes after the load changes nothing: zip, curves and GIF are there', async () => {
  const { page, close, site } = await openPage();
  await untilReady(page);
  await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => /uPlot/.test(name)));
  await page.waitForLoadState('networkidle');
  site.close();

  await chooseSize(page, '32');
  await page.fill('[name=epochs]', '500');
  await page.click('#train-button');
  await untilStep(page, 2);
  await page.waitForSelector('#curves .u-over');
  for (const x of [20, 200]) await page.locator('#grid').click({ position: { x, y: 20 } });
  await untilText(page, 'interpolate-state', /^2 faces/);
  assert.equal((await downloadBy(page, 'save-gif')).bytes.subarray(0, 6).toString(), 'GIF89a');
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  page.once('dialog', (dialog) => dialog.accept());
  await page.click('#restart');
  await page.setInputFiles('#file-input', {
    name: 'three.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from(ZIP),
  });
  await untilText(page, 'intake-state', /^3 pictures/);
  await close();
});

test('every script and module of the site carries a hash of its content in its name', () => {
  const files = fs.readdirSync(path.join(ROOT, 'dist'), { recursive: true }).map(String);
  const scripts = files.filter((name) => /\.(m?js|wasm|css)$/.test(name));
  assert.ok(scripts.filter((name) => /^engine\//.test(name)).length === 8);
  for (const name of scripts) assert.match(name, /^assets\/.*-[\w-]{8}\.\w+$|^engine\/.*\.[0-9a-f]{8}\.\w+$/);
});
