/** "How good is it?": scores in words and bars, beside their floor and ceiling, and the nearest pictures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSize, openPage, setEpochs, untilReady, untilStep, untilText } from './page.js';

test('a model is evaluated against the pictures it is trained on', async () => {
  const { page, close } = await openPage({ doodles: null });
  await untilReady(page);
  await chooseSize(page, '32');
  assert.ok(await page.isDisabled('#evaluate-button'), 'nothing to evaluate yet');
  await setEpochs(page, 500);
  await page.click('#train-button');
  await untilStep(page, 3);
  await page.click('#evaluate-button');
  await untilText(page, 'evaluate-state', /^100 faces against 900 of your pictures/);

  const bars = await page.locator('#evaluate-bars .track').evaluateAll((tracks) =>
    tracks.map((track) => ({
      label: track.getAttribute('aria-label'),
      width: track.querySelector('span')?.style.width,
    })),
  );
  assert.equal(bars.length, 4);
  for (const { label, width } of bars) {
    assert.match(
      String(label),
      /^\d+ % of the way to real pictures; (random dots|the average of your pictures) [\d.]+, real pictures -?[\d.]+$/,
    );
    assert.ok(parseFloat(String(width)) < 80, `${label}: three steps make no real pictures`);
  }
  const words = await page.textContent('#evaluate-words');
  assert.match(String(words), /Quality: .*Copying: none.*Diversity: /s);
  const near = await page
    .locator('#evaluate-near')
    .evaluate((/** @type {HTMLCanvasElement} */ c) => [c.width, c.height]);
  assert.equal(near[1], 2 * 32 + 2);

  const step = Number(await page.evaluate(() => document.getElementById('figure-step')?.textContent?.split('/')[0]));
  await untilStep(page, step + 2); // training has gone on
  await page.click('#evaluate-button');
  await untilText(page, 'evaluate-state', /^100 faces/);
  await close();
});
