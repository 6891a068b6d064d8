/** 5,239 pictures as one zip: thumbnails, health report and training, and what the main thread has to do meanwhile (printed, not asserted). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { openPage, untilReady, untilStep, untilText } from './page.js';

const DRAWN = path.join(ROOT, '../shared/data/anime-96.zip');
const skip = fs.existsSync(DRAWN) ? false : 'no ../shared/data beside the project';
/** Milliseconds of training in which frames are counted. */
const WATCHED_MS = 5000;

/** Before the page: notes each task of the main thread that takes 50 ms or longer. */
const noteLongTasks = () => {
  /** @type {number[]} */
  const long = [];
  Object.assign(globalThis, { longTasks: long });
  const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
  observer.observe({ type: 'longtask' });
};

/** @param {number} ms @returns {Promise<number>} frames that the page draws in that time */
const countFrames = (ms) =>
  new Promise((resolve) => {
    const end = performance.now() + ms;
    let frames = 0;
    const next = () => {
      if (performance.now() > end) return resolve(frames);
      frames++;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });

test('5,239 pictures in a zip: shown, looked at whole, and trained on', { skip }, async (t) => {
  const { page, close } = await openPage({ query: '?starter=none', script: noteLongTasks });
  await untilReady(page);
  await page.evaluate(() => /** @type {any} */ (globalThis).longTasks.splice(0));
  const began = Date.now();
  const seconds = () => ((Date.now() - began) / 1000).toFixed(1);
  await page.setInputFiles('#file-input', DRAWN);
  await untilText(page, 'intake-state', /^5,239 pictures\./);
  await page.waitForFunction(() => {
    const first = /** @type {HTMLCanvasElement | null} */ (document.querySelector('#thumb-0 canvas'));
    return first !== null && first.width >= 8;
  });
  const shown = seconds();
  await untilText(page, 'report-state', /So many give good and varied faces/);
  const reported = seconds();
  assert.ok((await page.$$('.thumb:not([hidden])')).length < 200, 'only the view is drawn');
  await page.click('#train-button');
  await untilStep(page, 1);
  const trained = seconds();
  const frames = await page.evaluate(countFrames, WATCHED_MS);
  assert.ok(frames > 0);
  const tasks = await page.evaluate(() => /** @type {any} */ (globalThis).longTasks);
  t.diagnostic(`shown after ${shown} s, report whole after ${reported} s, first step after ${trained} s`);
  t.diagnostic(
    `${((1000 * frames) / WATCHED_MS).toFixed(1)} frames a second; tasks of 50 ms or longer: ${tasks.join(' ms, ') || 'none'}`,
  );
  page.on('dialog', (dialog) => dialog.accept());
  await close();
});
