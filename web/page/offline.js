/// <reference types="vite/client" />
/**
 * The page's side of the service worker (web/service-worker.js). It makes the page work without a network, and isolates it
 * (threads) where the host sends no headers: that takes one reload, which is made only before anything has been done here.
 */
import { byId } from './draw.js';
import { retell } from './words.js';

/** In sessionStorage: this tab has been reloaded for isolation. */
const RELOADED = 'ssdgan-reloaded';
/** How often an open page asks for a new version, in milliseconds. */
const UPDATE_INTERVAL = 3600e3;

/** Whether the visitor has done anything yet. */
let touched = false;
for (const type of ['pointerdown', 'keydown', 'dragenter', 'paste', 'change'])
  addEventListener(type, () => (touched = true), { capture: true, passive: true });

/** @returns {boolean} the first time in this tab; never where the tab keeps nothing, so that there is no loop */
function mayReload() {
  try {
    if (sessionStorage.getItem(RELOADED)) return false;
    sessionStorage.setItem(RELOADED, '1');
    return sessionStorage.getItem(RELOADED) === '1';
  } catch {
    return false;
  }
}

/** @returns {Promise<ServiceWorkerRegistration | null>} null: refused (private window, http from another machine, a setting) */
async function register() {
  // The server of `npm run dev` has none: it would show yesterday's page.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return null;
  try {
    return (await navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI))) ?? null;
  } catch {
    return null;
  }
}

/** Reloads once, so that the service worker can isolate the page. @param {ServiceWorkerRegistration} registration @param {import('./app.js').App} app */
async function isolate(registration, app) {
  if (globalThis.crossOriginIsolated) {
    sessionStorage.removeItem(RELOADED);
    return;
  }
  // With a service worker already there, another reload would change nothing.
  if (navigator.serviceWorker.controller || !(navigator.hardwareConcurrency > 1)) return;
  await navigator.serviceWorker.ready;
  if (!registration.active) return;
  if (!touched && mayReload()) location.reload();
  else if (touched) {
    app.engineNotes.push('Reload the page to train on all processors.');
    retell(byId('engine-state'));
  }
}

/** Offers a new version that waits. Nothing is reloaded before the click. @param {ServiceWorker} waiting */
function offer(waiting) {
  const box = byId('update');
  box.hidden = false;
  box.querySelector('button')?.addEventListener('click', () => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    waiting.postMessage({ type: 'take-over' });
  });
}

/** @param {ServiceWorkerRegistration} registration */
function watchForUpdates(registration) {
  const controlled = () => navigator.serviceWorker.controller !== null;
  if (registration.waiting && controlled()) offer(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const next = registration.installing;
    next?.addEventListener('statechange', () => next.state === 'installed' && controlled() && offer(next));
  });
  let asked = performance.now();
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || performance.now() - asked < UPDATE_INTERVAL) return;
    asked = performance.now();
    registration.update().catch(() => {}); // no network: another time
  });
}

/** @param {import('./app.js').App} app @returns {Promise<ServiceWorkerRegistration | null>} */
async function begin(app) {
  const registration = await register();
  if (!registration) return null;
  watchForUpdates(registration);
  isolate(registration, app).catch(() => {});
  return registration;
}

/**
 * Begins at once where a reload may follow, otherwise after the first load. Nothing waits for it.
 * @param {import('./app.js').App} app
 * @returns {(variant: string, starter: boolean) => Promise<void>} call it when the page is idle: keeps the engine, and the
 *   starter model, on this device
 */
export function startOffline(app) {
  const begun = globalThis.crossOriginIsolated ? null : begin(app);
  return async (variant, starter) => {
    if (!(await (begun ?? begin(app)))) return;
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage({ type: 'keep', variant, starter });
  };
}
