/** What a visitor does, in any browser: steps of the tests that run in all of them (browsers.js). */
import assert from 'node:assert/strict';
import path from 'node:path';
import { serveFolder } from '../../scripts/serve.js';
import { ROOT } from '../../scripts/shell.js';
import { openBrowser, until, untilReady, untilText } from './browsers.js';

/** @typedef {import('./browsers.js').Tab} Tab */

/**
 * A browser, and the page served to it. Nothing unexpected may stand in its console. Both are closed, also after a failure: what stays
 * open keeps the test running.
 * @param {import('./browsers.js').BrowserName} name
 * @param {import('./browsers.js').Options} options
 * @param {(tab: Tab, site: Awaited<ReturnType<typeof serveFolder>>) => Promise<void>} body
 */
export async function withTab(name, options, body) {
  const site = await serveFolder(path.join(ROOT, 'dist'), undefined, { prefix: '/some/where/' });
  const tab = await openBrowser(name, options);
  try {
    await body(tab, site);
    assert.deepEqual(tab.problems, []);
  } finally {
    await tab.close();
    site.close();
  }
}

/**
 * The page, ready to train.
 * @param {import('./browsers.js').BrowserName} name
 * @param {import('./browsers.js').Options & {query?: string}} options
 * @param {(tab: Tab, site: Awaited<ReturnType<typeof serveFolder>>) => Promise<void>} body what is done on it
 */
export const onPage = (name, { query = '?width=4&starter=none&doodles=100&home=memory', ...options }, body) =>
  withTab(name, options, async (tab, site) => {
    await tab.goto(site.url + query);
    await untilReady(tab);
    await body(tab, site);
  });

/** Small pictures of one colour each, as a PPM file. @param {number} level */
export const ppm = (level) => Buffer.concat([Buffer.from('P6 8 8 255\n'), Buffer.alloc(192, level)]);

/** Chooses a file, as the file dialog would. @param {Tab} tab @param {string} id of the input @param {string} name @param {Uint8Array} bytes */
export const giveFile = (tab, id, name, bytes) =>
  tab.run(
    (input, file, base64) => {
      const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([data], file));
      const element = /** @type {HTMLInputElement} */ (document.getElementById(input));
      element.files = transfer.files;
      element.dispatchEvent(new Event('change', { bubbles: true }));
    },
    id,
    name,
    Buffer.from(bytes).toString('base64'),
  );

/** Sets a control of a form. @param {Tab} tab @param {string} selector @param {string} value */
export const setValue = (tab, selector, value) =>
  tab.run(
    (where, wanted) => {
      const control = /** @type {HTMLInputElement} */ (document.querySelector(where));
      control.value = wanted;
      for (const type of ['input', 'change']) control.dispatchEvent(new Event(type, { bubbles: true }));
    },
    selector,
    value,
  );

/** Chooses a number of epochs. @param {Tab} tab @param {number} count */
export async function setEpochs(tab, count) {
  await setValue(tab, '[name=minutes]', 'epochs');
  await setValue(tab, '[name=epochs]', String(count));
}

/** Presses a key where the focus is put. @param {Tab} tab @param {string} selector @param {string} key @param {KeyboardEventInit} more */
export const press = (tab, selector, key, more = {}) =>
  tab.run(
    (where, name, fields) => {
      const one = /** @type {HTMLElement} */ (document.querySelector(where));
      one.focus();
      one.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...fields }));
    },
    selector,
    key,
    more,
  );

/** Clicks a place of a canvas. @param {Tab} tab @param {string} id @param {number} x @param {number} y */
export const clickAt = (tab, id, x, y) =>
  tab.run(
    (name, left, top) => {
      const element = /** @type {HTMLElement} */ (document.getElementById(name));
      const box = element.getBoundingClientRect();
      element.dispatchEvent(
        new MouseEvent('click', { clientX: box.left + left, clientY: box.top + top, bubbles: true }),
      );
    },
    id,
    x,
    y,
  );

/** @param {Tab} tab @param {number} least steps done */
export const untilStep = (tab, least) =>
  until(
    tab,
    (wanted) =>
      Number(document.getElementById('figure-step')?.textContent?.split('/')[0].replaceAll(',', '')) >= wanted,
    least,
  );

/** @param {Tab} tab @returns {Promise<number>} steps done */
export const stepOf = (tab) =>
  tab.run(() => Number(document.getElementById('figure-step')?.textContent?.split('/')[0].replaceAll(',', '')));

/** Reads the pictures at another size. @param {Tab} tab @param {string} size */
export async function chooseSize(tab, size) {
  await setValue(tab, '[name=image_size]', size);
  await until(
    tab,
    () =>
      /** @type {any} */ (globalThis).ssdganApp.count > 0 && document.querySelector('#train-button:enabled') !== null,
  );
}

/**
 * The file that a click offers: its name and its first bytes as text. No driver tells of downloads in all browsers.
 * @param {Tab} tab @param {string} id of the button @returns {Promise<{name: string, size: number, begin: string}>}
 */
export async function downloadBy(tab, id) {
  await tab.run(() => {
    const page = /** @type {any} */ (globalThis);
    page.offered = null;
    page.createObjectURL ??= URL.createObjectURL;
    /** @type {Blob} */
    let blob;
    URL.createObjectURL = (data) => {
      blob = /** @type {Blob} */ (data);
      return page.createObjectURL.call(URL, data);
    };
    HTMLAnchorElement.prototype.click = function () {
      const name = this.download;
      blob
        .slice(0, 6)
        .arrayBuffer()
        .then((head) => {
          page.offered = { name, size: blob.size, begin: String.fromCharCode(...new Uint8Array(head)) };
        });
    };
  });
  await tab.click(`#${id}`);
  return until(tab, () => /** @type {any} */ (globalThis).offered);
}

/** Trains for some steps and pauses. @param {Tab} tab @param {number} steps */
export async function trainFor(tab, steps) {
  await setEpochs(tab, 500);
  await tab.click('#train-button');
  await untilStep(tab, steps);
  await tab.click('#train-button');
  await untilText(tab, 'train-state', /^Paused/);
}
