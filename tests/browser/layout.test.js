/** Where things stand on the page: nothing moves by itself, nothing sticks out, and the order is the eye's at every width. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { STARTER } from '../../wasm/cli/files.js';
import { openPage, untilReady, untilStep, untilText } from './page.js';

const NO_STARTER = fs.existsSync(STARTER) ? false : 'no starter model in web/public/starter';
/** Cumulative layout shift: above 0.1 is bad by web.dev/cls. */
const MOST_SHIFT = 0.05;

/** Before the page: notes every shift that no input has caused. */
function noteShifts() {
  /** @type {object[]} */
  const shifts = [];
  Object.assign(globalThis, { shifts });
  new PerformanceObserver((list) => {
    for (const entry of /** @type {any[]} */ (list.getEntries())) {
      const names = entry.sources.map((/** @type {any} */ { node }) => node?.id || node?.className || node?.nodeName);
      if (!entry.hadRecentInput) shifts.push({ value: entry.value, names });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** @param {import('playwright-core').Page} page @param {string} what */
async function assertStill(page, what) {
  const shifts = await page.evaluate(() => /** @type {any} */ (globalThis).shifts);
  const sum = shifts.reduce((/** @type {number} */ all, /** @type {any} */ { value }) => all + value, 0);
  assert.ok(sum < MOST_SHIFT, `${what}: a layout shift of ${sum.toFixed(3)}: ${JSON.stringify(shifts)}`);
}

/** @param {import('playwright-core').Page} page @param {string} id */
async function boxOf(page, id) {
  const box = await page.locator(`#${id}`).boundingBox();
  assert.ok(box, id);
  return box;
}

for (const [width, height] of [
  [1440, 900],
  [768, 1024],
  [360, 740],
]) {
  test(
    `nothing moves while the starter model comes late, and when a training begins (${width})`,
    { skip: NO_STARTER },
    async () => {
      const { page, close } = await openPage({
        query: '?width=4&starter=starter/test.safetensors',
        doodles: null,
        starter: fs.readFileSync(STARTER),
        starterDelay: 2000,
        width,
        height,
        script: noteShifts,
      });
      await untilReady(page);
      await assertStill(page, 'before the starter model');
      await page.waitForSelector('#starter.drawn', { timeout: 60000 });
      await assertStill(page, 'with the starter model');
      await page.selectOption('[name=start]', 'scratch');
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight / 3));
      await page.click('#train-button');
      await untilStep(page, 5);
      await assertStill(page, 'in training');

      // The live grid, and the button that pauses.
      const grid = await boxOf(page, 'grid');
      const pause = await boxOf(page, 'train-button');
      assert.ok(
        grid.y >= 0 && grid.y + grid.height <= pause.y,
        `the grid is in sight: ${JSON.stringify([grid, pause])}`,
      );
      assert.ok(pause.y + pause.height <= height, 'Pause is in sight');
      await page.click('#train-button');
      await untilText(page, 'train-state', /^Paused/);
      await assertStill(page, 'paused');

      const address = page.url();
      await page.goto('about:blank'); // a reload would scroll to where one was
      await page.goto(address);
      await page.waitForSelector('#continue-button');
      await page.waitForSelector('#starter.drawn', { timeout: 60000 });
      await assertStill(page, 'for who comes back');
      await close();
    },
  );
}

/** Everything that can be pressed, and is below the size of a finger. */
const small = () =>
  [...document.querySelectorAll('button, a[href], select, summary, input:not([type=file], [type=checkbox])')]
    .filter((one) => one.checkVisibility() && !one.closest('p, li'))
    .map((one) => ({ name: one.id || one.textContent?.trim(), box: one.getBoundingClientRect() }))
    .filter(({ box }) => box.width && box.height && (box.height < 43.5 || box.width < 43.5))
    .map(({ name, box }) => `${name}: ${Math.round(box.width)} × ${Math.round(box.height)}`);

/** Pairs of cards that stand in another order than they are read in: neither below nor on the right of the one before. */
const disorder = () => {
  const boxes = [...document.querySelectorAll('.top, main .card, .bar, footer')]
    .filter((one) => one.checkVisibility() && getComputedStyle(one).position !== 'sticky')
    .map((one) => ({ name: one.id || one.className, box: one.getBoundingClientRect() }));
  return boxes
    .slice(1)
    .map((next, i) => [boxes[i], next])
    .filter(([last, next]) => next.box.top < last.box.bottom - 1 && next.box.left < last.box.right - 1)
    .map(([last, next]) => `${last.name}, ${next.name}`);
};

test('at every width the order is the eye’s, nothing sticks out, and a finger finds the buttons', async () => {
  const { page, close } = await openPage({ query: '?width=4', doodles: null, width: 360, height: 740 });
  await untilReady(page);
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
  // 720 is also 1440 at a zoom of 200 %.
  for (const width of [320, 360, 600, 720, 900, 1024, 1440, 1920, 2560]) {
    await page.setViewportSize({ width, height: 900 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `at ${width}`);
    assert.deepEqual(await page.evaluate(disorder), [], `at ${width}`);
    if (width <= 720) assert.deepEqual(await page.evaluate(small), [], `at ${width}`);
  }
  await close();
});

test('on a desktop the faces are the largest thing, and no half is empty', async () => {
  const { page, close } = await openPage({ query: '?width=4', doodles: null, width: 1440, height: 900 });
  await untilReady(page);
  await page.click('#train-button');
  await untilStep(page, 2);
  for (const [width, height] of [
    [1440, 900],
    [2560, 1440],
  ]) {
    await page.setViewportSize({ width, height });
    const grid = await boxOf(page, 'grid');
    for (const id of ['thumbs', 'settings']) assert.ok((await boxOf(page, id)).width < grid.width, id);
    const [stage, train] = [await boxOf(page, 'stage'), await boxOf(page, 'train')];
    const ends = [stage, train].map((box) => box.y + box.height);
    assert.ok(Math.abs(ends[0] - ends[1]) < 0.65 * height, `${width}: the columns end at ${ends}`);
  }
  await close();
});
