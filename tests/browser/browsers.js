/** Chromium, Firefox and WebKit behind one small interface: Playwright, Puppeteer (BiDi) and Selenium (WebDriver) drive them. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
// @ts-expect-error it has no types
import { Builder, By, Capabilities } from 'selenium-webdriver';
import { BROWSER } from '../../scripts/serve.js';

/** @typedef {'Chromium' | 'Firefox' | 'WebKit'} BrowserName */
/**
 * @typedef {{width?: number, height?: number, profile?: string, scheme?: 'light' | 'dark',
 *   sharedMemory?: boolean}} Options profile: a folder that outlives the browser; sharedMemory: WebKitGTK gives it to pages, as Safari does
 */
/**
 * One tab of a browser.
 * @typedef {object} Tab
 * @property {BrowserName} name
 * @property {string[]} problems errors and warnings of the console, where the driver tells them
 * @property {(url: string) => Promise<void>} goto
 * @property {() => Promise<void>} reload
 * @property {<T>(body: (...args: any[]) => T, ...args: any[]) => Promise<Awaited<T>>} run runs a function in the page
 * @property {(selector: string) => Promise<void>} click
 * @property {() => Promise<void>} cover opens another tab in front of it
 * @property {(file: string) => Promise<void>} screenshot
 * @property {() => Promise<void>} close ends the browser
 */

const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
const WEBKIT_DRIVER = process.env.WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';

/** @returns {string | undefined} WebKitGTK's browser for tests, which stands in the folder of its version */
function miniBrowser() {
  const folders = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((machine) =>
    ['webkit2gtk-4.1', 'webkitgtk-6.0', 'webkit2gtk-4.0'].map((version) => `/usr/lib/${machine}/${version}`),
  );
  return folders.map((folder) => path.join(folder, 'MiniBrowser')).find((file) => fs.existsSync(file));
}

/** Why a browser's tests cannot run here; false: they can. @type {Record<BrowserName, string | false>} */
export const MISSING = {
  Chromium: fs.existsSync(BROWSER.executablePath) ? false : 'no Chromium here',
  Firefox: fs.existsSync(FIREFOX) ? false : 'no Firefox here',
  WebKit: [WEBKIT_DRIVER, '/usr/bin/Xvfb', miniBrowser() ?? ''].every(fs.existsSync)
    ? false
    : 'no WebKitGTK, its driver or Xvfb here',
};

export const NAMES = /** @type {BrowserName[]} */ (Object.keys(MISSING));

/** @param {string[]} problems @param {string} kind @param {string} text */
function note(problems, kind, text) {
  if (/^(error|warn|warning)$/.test(kind)) problems.push(text);
}

/** @param {Function} body @param {any[]} args @returns {any} an expression that calls it: no driver hands on more than one argument */
const callOf = (body, args) => `(${body})(...${JSON.stringify(args)})`;

/** @param {Options} options @returns {Promise<Tab>} */
async function openChromium({ width = 1280, height = 900, profile = '', scheme = 'light' }) {
  const context = await chromium.launchPersistentContext(profile, {
    ...BROWSER,
    viewport: { width, height },
    colorScheme: scheme,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  /** @type {string[]} */
  const problems = [];
  page.on('console', (message) => note(problems, message.type(), message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  return {
    name: 'Chromium',
    problems,
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    run: (body, ...args) => page.evaluate(callOf(body, args)),
    click: (selector) => page.click(selector),
    cover: async () => void (await (await context.newPage()).bringToFront()),
    screenshot: async (file) => void (await page.screenshot({ path: file })),
    close: () => context.close(),
  };
}

/** @param {Options} options @returns {Promise<Tab>} */
async function openFirefox({ width = 1280, height = 900, profile }) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    userDataDir: profile,
    extraPrefsFirefox: { 'security.fileuri.strict_origin_policy': true, 'intl.accept_languages': 'en' }, // as users have it
  });
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  await page.setViewport({ width, height });
  /** @type {string[]} */
  const problems = [];
  page.on('dialog', (dialog) => dialog.accept());
  page.on('console', (message) => note(problems, message.type(), message.text()));
  page.on('pageerror', (error) => problems.push(String(/** @type {any} */ (error)?.message ?? error)));
  return {
    name: 'Firefox',
    problems,
    goto: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    run: (body, ...args) => /** @type {any} */ (page.evaluate(callOf(body, args))),
    click: (selector) => page.click(selector),
    cover: async () => void (await (await browser.newPage()).bringToFront()),
    screenshot: async (file) => void (await page.screenshot({ path: /** @type {any} */ (file) })),
    close: () => browser.close(),
  };
}

/** Starts a program and waits until it has said a line that fits. @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @param {RegExp} ready @param {number} fd */
function startProgram(command, args, env, ready, fd) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  /** @type {Promise<string>} */
  const said = new Promise((resolve, reject) => {
    let text = '';
    child.stdio[fd]?.on('data', (data) => {
      text += data;
      if (ready.test(text)) resolve(text);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${command} ended with ${code}: ${text}`)));
  });
  return { child, said };
}

/** Another port where one is taken. @param {NodeJS.ProcessEnv} env */
async function startWebKitDriver(env) {
  for (let left = 3; left > 0; left--) {
    const port = 20000 + Math.floor(10000 * Math.random()); // below the ports of outgoing connections
    const driver = spawn(WEBKIT_DRIVER, [`--port=${port}`], { env, stdio: 'ignore' });
    const server = `http://127.0.0.1:${port}`;
    for (let tries = 0; tries < 150; tries++) {
      if (await fetch(`${server}/status`).then(({ ok }) => ok, () => false)) return { driver, server }; // prettier-ignore
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    driver.kill();
  }
  throw new Error('WebKitWebDriver does not start');
}

/** WebKitGTK draws on a screen only: Xvfb is one, in memory. @param {Options} options @returns {Promise<Tab>} */
async function openWebKit({ width = 1280, height = 900, sharedMemory = false }) {
  const screen = startProgram('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1200x24'], process.env, /\d+\n/, 3);
  const display = `:${(await screen.said).trim()}`;
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, DISPLAY: display, LANG: 'en_US.UTF-8', LC_ALL: '', GDK_BACKEND: 'x11' };
  if (sharedMemory) env.JSC_useSharedArrayBuffer = '1';
  const { driver, server } = await startWebKitDriver(env);
  const options = { binary: miniBrowser(), args: ['--automation'] };
  const wanted = new Capabilities({ browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options });
  const web = await new Builder().usingServer(server).withCapabilities(wanted).build();
  await web.manage().setTimeouts({ script: 120000, pageLoad: 120000 });
  await web.manage().window().setRect({ width, height });
  /** @type {Tab} */
  const tab = {
    name: 'WebKit',
    problems: [],
    goto: (url) => web.get(url),
    async reload() {
      // Left in the middle of a write, WebKit's database never answers again (web/worker/stores/database.js).
      await until(tab, () => /** @type {any} */ (globalThis).ssdganApp.client.pending.size === 0);
      await web.navigate().refresh();
    },
    async run(body, ...args) {
      const { value, error } = /** @type {any} */ (
        await web.executeAsyncScript(`const done = arguments[0];
          Promise.resolve().then(() => ${callOf(body, args)})
            .then((value) => done({ value }), (error) => done({ error: String(error) }));`)
      );
      if (error) throw new Error(error);
      return value;
    },
    async click(selector) {
      const element = web.findElement(By.css(selector));
      // This driver scrolls only to what is out of the window, not to what is behind the bar at its foot.
      await web.executeScript('arguments[0].scrollIntoView({ block: "center" })', element);
      await element.click();
    },
    async cover() {
      const own = await web.getWindowHandle();
      await web.switchTo().newWindow('tab');
      await web.switchTo().window(own); // for the driver only: the new one stays in front
    },
    screenshot: async (file) => fs.writeFileSync(file, await web.takeScreenshot(), 'base64'),
    async close() {
      await web.quit().catch(() => {});
      driver.kill();
      screen.child.kill();
    },
  };
  return tab;
}

/** @param {BrowserName} name @param {Options} options @returns {Promise<Tab>} */
export const openBrowser = (name, options = {}) =>
  ({ Chromium: openChromium, Firefox: openFirefox, WebKit: openWebKit })[name](options);

/** What a page says of itself, for who reads why a test failed. */
const stateOfPage = () => {
  const told = [...document.querySelectorAll('[id$=-state], [aria-live], #notice')]
    .filter(({ textContent }) => textContent)
    .map(({ id, textContent }) => `${id}: ${textContent}`);
  const waiting = /** @type {any} */ (globalThis).ssdganApp?.client.pending.size; // requests that the worker has not answered
  return [
    location.href,
    `phase ${document.body.dataset.phase}, ${waiting} requests`,
    ...told,
    document.body.innerText.slice(0, 500),
  ].join('\n');
};

/**
 * Asks the page until the answer is yes.
 * @param {Tab} tab @param {(...args: any[]) => any} question @param {any[]} args
 */
export async function until(tab, question, ...args) {
  const end = Date.now() + 120000;
  for (;;) {
    // A page that is being loaded again answers with an error.
    const answer = await tab.run(question, ...args).catch((error) => {
      if (Date.now() > end) throw error;
    });
    if (answer) return answer;
    if (Date.now() > end) {
      const page = await tab.run(stateOfPage).catch(String);
      const problems = tab.problems.join('; ');
      const of = JSON.stringify(args).slice(0, 300); // a picture is one argument
      throw new Error(`${tab.name}: waited too long for ${question} of ${of} on ${page} ${problems}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** @param {Tab} tab @param {string} id of an element @param {RegExp} wanted its text */
export const untilText = (tab, id, wanted) =>
  until(
    tab,
    (name, source) => new RegExp(source, 's').exec(document.getElementById(name)?.textContent ?? '')?.[0],
    id,
    wanted.source,
  );

/** @param {Tab} tab the engine runs, and pictures are there */
export const untilReady = (tab) => until(tab, () => !!document.querySelector('#train-button:enabled'));
