/** The latent space on the page: moving, mixing, interpolating, projecting a picture and cancelling that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSize, openPage, setEpochs, untilReady, untilStep, untilText } from './page.js';

const PICTURE = {
  name: 'sky.ppm',
  mimeType: 'image/x-portable-pixmap',
  buffer: Buffer.concat([Buffer.from('P6 40 40 255\n'), Buffer.from(Array.from({ length: 4800 }, (_, i) => i / 20))]),
};

/** @param {import('playwright-core').Page} page @param {string} id @returns {Promise<string>} what a canvas shows */
const drawn = (page, id) =>
  page.evaluate((name) => /** @type {HTMLCanvasElement} */ (document.getElementById(name)).toDataURL(), id);

/** Until a canvas shows something else. @param {import('playwright-core').Page} page @param {string} id @param {string} before */
const untilOther = (page, id, before) =>
  page.waitForFunction(
    ([name, old]) => /** @type {HTMLCanvasElement} */ (document.getElementById(name)).toDataURL() !== old,
    [id, before],
    { timeout: 60000 },
  );

test('faces are moved, mixed, interpolated and found', async () => {
  const { page, close } = await openPage({ doodles: null });
  await untilReady(page);
  await chooseSize(page, '32');
  assert.ok(await page.isDisabled('#project-button'), 'no model yet');
  await page.selectOption('[name=recipe]', 'paper');
  assert.equal(await page.inputValue('[name=epochs]'), '20');
  await page.selectOption('[name=recipe]', 'best'); // styles that differ from the first step on
  assert.equal(await page.inputValue('[name=epochs]'), '267', 'the recipe says, for 1,000 doodles');
  await setEpochs(page, 500);
  await page.click('#train-button');
  await untilStep(page, 3);
  await page.click('#train-button');
  await untilText(page, 'train-state', /^Paused/);
  await page.fill('#generate [name=count]', '4');
  await page.click('#generate-button');
  await untilText(page, 'make-state', /^4 faces/);

  await page.click('#move summary');
  const still = await drawn(page, 'made-grid');
  await page.locator('#moves [type=range]').nth(0).fill('3');
  await untilOther(page, 'made-grid', still);
  const moved = await drawn(page, 'made-grid');
  await page.click('#move-rest');
  await untilOther(page, 'made-grid', moved);
  await page.fill('#generate [name=psi-fine]', '0');
  await untilOther(page, 'made-grid', still);
  const flat = await drawn(page, 'made-grid');
  await page.fill('#generate [name=psi-fine]', '1'); // with 0 all share the last stage's style, and mixing it shows nothing
  await untilOther(page, 'made-grid', flat);

  const made = await page.locator('#made-grid').boundingBox();
  for (const share of [0.25, 0.75])
    // the two of the upper row
    await page
      .locator('#made-grid')
      .click({ position: { x: (made?.width ?? 0) * share, y: (made?.height ?? 0) * 0.25 } });
  await untilText(page, 'interpolate-state', /^2 faces, 2 sec/);
  await page.check('#interpolate-loop');
  await untilText(page, 'interpolate-state', /^2 faces, 4 sec/);
  await page.selectOption('#interpolate-ease', 'smooth');

  await page.click('#mix summary');
  await untilText(page, 'mix-state', /^Shapes come from the row.*2 of 3 stages/);
  const two = await drawn(page, 'mix-grid');
  await page.fill('#mix-stage', '3');
  await untilText(page, 'mix-state', /^Everything comes from the row/);
  await untilOther(page, 'mix-grid', two);
  const box = await page.locator('#mix-grid').boundingBox();
  await page.locator('#mix-grid').click({ position: { x: (box?.width ?? 0) * 0.8, y: (box?.height ?? 0) * 0.5 } });
  await untilText(page, 'interpolate-state', /^3 faces, 6 sec/);
  assert.match(String(await page.textContent('#picked li:nth-child(3)')), /face \d × face \d/);

  await page.setInputFiles('#project-input', PICTURE);
  await untilText(
    page,
    'project-state',
    /^sky\.ppm: .* [\d.]+ of 255 brightness levels off \([\d.]+ dB\).* typical face [\d.]+, the best of 1,024 random faces [\d.]+/,
  );
  await untilText(page, 'interpolate-state', /^4 faces, 8 sec/);
  await page.selectOption('#interpolate-space', 'z');
  await untilText(page, 'interpolate-state', /has no random numbers \(z\)/);
  await page.selectOption('#interpolate-space', 'w');
  await untilText(page, 'interpolate-state', /^4 faces/);

  await page.selectOption('#project-space', 'w+');
  // Pressed as soon as it shows: so small a network is done in a third of a second, which a busy machine's polling misses.
  await page.evaluate(() => {
    const cancel = /** @type {HTMLButtonElement} */ (document.getElementById('project-cancel'));
    new MutationObserver((_, observer) => {
      if (cancel.hidden) return;
      observer.disconnect();
      cancel.click();
    }).observe(cancel, { attributes: true });
  });
  await page.setInputFiles('#project-input', PICTURE);
  await untilText(page, 'project-state', /^Cancelled/);
  await page.setInputFiles('#project-input', { ...PICTURE, name: 'no.txt', buffer: Buffer.from('no picture') });
  await untilText(page, 'project-state', /No\.txt|no\.txt: /i);
  await page.waitForSelector('#project-button:enabled');
  await close();
});
