/** The user guide is followed as it is written: bold words are pressed, words in italics must be seen, settings are set. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/shell.js';
import { openPage, untilReady, untilStep } from './page.js';

/** What a numbered step says to do and to see, in its order. @param {string} line @returns {string[][]} kind, words */
const actions = (line) =>
  [...line.matchAll(/Set `([^`]+)` to `([^`]+)`|\*\*([^*]+)\*\*|(?<!\w)_([^_]+)_(?!\w)/g)].map(
    ([, setting, value, press, see]) => (setting ? ['set', setting, value] : press ? ['press', press] : ['see', see]),
  );

test('a class of ten minutes goes as docs/guide/class.md says', async () => {
  const guide = fs.readFileSync(path.join(ROOT, 'docs/guide/class.md'), 'utf8');
  const steps = guide.split('\n').filter((line) => /^\d+\. /.test(line));
  assert.equal(steps.length, 10);
  const { page, close } = await openPage({ query: '?width=4', doodles: null, width: 1440 });
  await untilReady(page);
  await page.waitForSelector('#starter.drawn');
  let pressed = 0;
  for (const step of steps) {
    for (const [kind, words, value] of actions(step)) {
      if (kind === 'set') {
        await page.getByRole('combobox', { name: words }).selectOption({ label: value });
      } else if (kind === 'press') {
        await page.getByRole('button', { name: words, exact: true }).click();
        if (words === 'Train') await untilStep(page, 3);
        pressed++;
      } else {
        await page.getByText(words).first().waitFor({ timeout: 60000 });
      }
    }
  }
  assert.equal(pressed, 12);
  await close();
});

test('slow motion shows what the judge says of each picture, and layers that moved', async () => {
  const { page, close } = await openPage({
    query: '?width=4&starter=none',
    width: 360,
    height: 740,
    language: 'de-DE',
  });
  await untilReady(page);
  await page.click('#train-button');
  await untilStep(page, 2);
  await page.click('#explain-button');
  await page.click('#explain-next:enabled');
  await page.waitForFunction(() => document.querySelectorAll('.explain-pictures canvas').length === 8);
  await page.click('#explain-next');
  assert.match(String(await page.textContent('.explain-pictures li span')), /^[✓✗] \d+\s%/);
  assert.equal(await page.locator('.explain-pictures span').count(), 16, 'eight pictures of each kind');
  for (const least of [3, 3]) {
    await page.click('#explain-next');
    assert.ok((await page.locator('.explain-bars li').count()) >= least);
  }
  const step = () => page.textContent('#explain h2');
  const before = await step();
  await page.click('#explain-next');
  await page.waitForFunction((old) => document.querySelector('#explain h2')?.textContent !== old, before);
  assert.notEqual(/\d+/.exec(String(await step()))?.[0], /\d+/.exec(String(before))?.[0]);
  await page.click('#explain-close');
  assert.ok(await page.isHidden('#explain'));
  await page.click('#train-button');
  await untilStep(page, 6);
  await close();
});
