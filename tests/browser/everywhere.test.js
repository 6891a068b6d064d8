/**
 * The whole way through the page in Chromium, Firefox and WebKit, at the size of a desktop and of a phone. It closes with a
 * table: each step by browser, the variant of the engine, and pictures a second.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { makeZip } from '../zips.js';
import { MISSING, NAMES, until, untilReady, untilText } from './browsers.js';
import { chooseSize, clickAt, downloadBy, giveFile, ppm, setEpochs, stepOf, untilStep, withTab } from './steps.js';

/** @type {Record<string, {width: number, height: number}>} */
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 360, height: 740 } };
const ZIP = makeZip(Array.from({ length: 12 }, (_, n) => ({ name: `set/${n}.ppm`, data: ppm(20 * n) })));

/** One pixel: the browser decodes it, not the core. */
const WEBP = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64');

/** Step -> browser and size -> what came out. @type {Map<string, Map<string, string>>} */
const table = new Map();
/** @param {string} step @param {string} column @param {string} result */
const note = (step, column, result) => table.set(step, (table.get(step) ?? new Map()).set(column, result));

after(() => {
  const columns = [...new Set([...table.values()].flatMap((row) => [...row.keys()]))];
  const rows = [...table].map(([step, row]) => [step, ...columns.map((column) => row.get(column) ?? '-')]);
  for (const cells of [['step', ...columns], ...rows]) console.log(`| ${cells.join(' | ')} |`);
});

/** Whether anything is wider than the page. @param {import('./browsers.js').Tab} tab */
const overhang = (tab) => tab.run(() => document.documentElement.scrollWidth - innerWidth);

for (const name of NAMES)
  for (const [size, dimensions] of Object.entries(SIZES))
    // With shared memory, as in Safari, and without, as WebKitGTK has it.
    test(`the whole way (${name}, ${size})`, { skip: MISSING[name] }, () =>
      withTab(name, { ...dimensions, sharedMemory: size === 'desktop' }, async (tab, site) => {
        /** @param {string} step @param {() => Promise<string | void>} body */
        const step = async (step, body) => {
          const began = Date.now();
          const result = await body();
          note(step, `${name} ${size}`, result ?? `${((Date.now() - began) / 1000).toFixed(1)} s`);
        };
        await step('load, ready to train', async () => {
          await tab.goto(`${site.url}?width=4&starter=none&doodles=100`);
          await untilReady(tab);
        });
        await step('engine', () => untilText(tab, 'engine-state', /(Relaxed|Plain) SIMD.*?\d+ threads?/));
        if (name === 'WebKit' && size === 'phone') await untilText(tab, 'engine-state', /gives pages no shared memory/);
        assert.ok((await overhang(tab)) <= 0, 'nothing sticks out');
        await step('doodles', async () => {
          await chooseSize(tab, '32');
          await tab.click('#use-doodles');
          await untilText(tab, 'intake-state', /doodles/);
        });
        await step('own pictures, a zip', async () => {
          await giveFile(tab, 'file-input', 'set.zip', ZIP);
          await untilText(tab, 'intake-state', /^12 pictures/);
        });
        await step('a WebP picture', async () => {
          await giveFile(tab, 'file-input', 'a.webp', WEBP);
          await untilText(tab, 'intake-state', /^13 pictures/);
        });
        await step('train, pictures/s', async () => {
          await setEpochs(tab, 5000);
          await tab.click('#train-button');
          await untilStep(tab, 40);
          await tab.click('#curves summary');
          await until(tab, () => document.querySelector('#curves .u-over') !== null);
          return untilText(tab, 'figure-rate', /[\d.]+/);
        });
        await step('generate while it trains', async () => {
          await tab.click('#generate-button');
          await untilText(tab, 'make-state', /^16 faces/);
        });
        await step('pause', async () => {
          await tab.click('#train-button');
          await untilText(tab, 'train-state', /^Paused/);
        });
        await step('reload, continue', async () => {
          const reached = await stepOf(tab);
          assert.equal(await tab.run(() => /** @type {any} */ (globalThis).ssdganApp.unsaved), false);
          await tab.reload();
          await untilText(tab, 'continue-about', /13 pictures/);
          // WebKit goes back to where the page was scrolled, at its own time: a pointer may miss.
          await until(tab, () => /** @type {any} */ (globalThis).ssdganApp.isFetched);
          await tab.run(() => document.getElementById('continue-button')?.click());
          await untilStep(tab, reached + 1);
          await tab.click('#train-button');
          await untilText(tab, 'train-state', /^Paused/);
        });
        await step('interpolate', async () => {
          await tab.click('#generate-button');
          await untilText(tab, 'make-state', /^16 faces/);
          await clickAt(tab, 'made-grid', 20, 20);
          await clickAt(tab, 'made-grid', 100, 20);
          await untilText(tab, 'interpolate-state', /^2 faces, 2 sec/);
        });
        await step('export', async () => {
          assert.equal((await downloadBy(tab, 'save-gif')).begin, 'GIF89a');
          assert.match((await downloadBy(tab, 'save-grid')).begin, /^.PNG/);
          assert.match((await downloadBy(tab, 'save-model')).name, /\.safetensors$/);
          assert.ok((await downloadBy(tab, 'save-checkpoint')).size > 1000);
        });
        assert.ok((await overhang(tab)) <= 0, 'nothing sticks out');
      }),
    );
