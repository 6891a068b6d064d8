/**
 * The service worker: it keeps the site on this device, and adds the headers that a static host does not send. Everything
 * works without it. scripts/site.js builds it and tells it what the site consists of.
 */
import { cleanupOutdatedCaches, addPlugins, precacheAndRoute } from 'workbox-precaching';
import { registerRoute, setDefaultHandler } from 'workbox-routing';
import { CacheFirst, NetworkOnly } from 'workbox-strategies';

/** @typedef {{url: string, revision: string | null}} Entry revision: null where the name has a hash */

/** Page, scripts, icons: kept when the service worker is installed. */
const SMALL = /** @type {Entry[]} */ (/** @type {unknown} */ (import.meta.env.SITE_SMALL));
/** The engine's modules and the starter model: kept when they are fetched, or when the page asks for it. So is the face finder, which the page never asks for. */
const LARGE = /** @type {Entry[]} */ (/** @type {unknown} */ (import.meta.env.SITE_LARGE));

const LARGE_CACHE = 'ssdgan-large';
const scope = /** @type {any} */ (globalThis);
/** @type {string} */
const base = scope.registration.scope;

/** Isolation, which threads need, and the page's policy. @type {Record<string, string>} */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': import.meta.env.SITE_POLICY,
};

/** Statuses whose responses have no body. */
const EMPTY = [101, 204, 205, 304];

/** Adds what the host has not sent. @param {Response} response */
function withHeaders(response) {
  if (response.type === 'opaque' || response.type === 'error') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) if (!headers.has(name)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(EMPTY.includes(status) ? null : response.body, { status, statusText, headers });
}

const headersPlugin = {
  /** @param {{response: Response}} param */
  handlerWillRespond: async ({ response }) => withHeaders(response),
};

/** Address of each large file -> its key in the cache, which changes with its content. */
const keys = new Map(
  LARGE.map(({ url, revision }) => {
    const { href } = new URL(url, base);
    return [href, revision ? `${href}?revision=${revision}` : href];
  }),
);

addPlugins([headersPlugin]);
precacheAndRoute(SMALL, { directoryIndex: 'index.html', cleanURLs: false, ignoreURLParametersMatching: [/./] });
cleanupOutdatedCaches();

const large = new CacheFirst({
  cacheName: LARGE_CACHE,
  plugins: [
    headersPlugin,
    {
      /** @param {{request: Request}} param */
      cacheKeyWillBeUsed: async ({ request }) => keys.get(request.url) ?? request.url,
    },
  ],
});
registerRoute(({ url }) => keys.has(url.href), large);
setDefaultHandler(new NetworkOnly({ plugins: [headersPlugin] }));

/** Removes the large files of older versions. */
async function dropOld() {
  const cache = await caches.open(LARGE_CACHE);
  const present = new Set(keys.values());
  for (const request of await cache.keys()) if (!present.has(request.url)) await cache.delete(request);
}
scope.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(dropOld()));

/** Keeps the modules that this browser uses, with and without threads, and the starter model. @param {any} event */
async function keep(event) {
  const { variant, starter } = event.data;
  const wanted = LARGE.filter(({ url }) =>
    url.startsWith('engine/')
      ? new RegExp(`ssdgan\\.${variant}(-mt)?\\.`).test(url)
      : starter && url.startsWith('starter/'),
  );
  for (const { url } of wanted) {
    const [response, done] = large.handleAll({ request: new Request(new URL(url, base)), event });
    await response.catch(() => {}); // the next visit asks again
    await done.catch(() => {});
  }
  event.source?.postMessage({ type: 'kept' });
}

scope.addEventListener('message', (/** @type {any} */ event) => {
  if (event.data?.type === 'take-over') scope.skipWaiting();
  if (event.data?.type === 'keep') event.waitUntil(keep(event));
});

/** A click on a notification (Android) leads to the page. @param {any} event */
async function showPage(event) {
  event.notification.close();
  const [page] = await scope.clients.matchAll({ type: 'window' });
  await (page ? page.focus() : scope.clients.openWindow(base));
}
scope.addEventListener('notificationclick', (/** @type {any} */ event) => event.waitUntil(showPage(event)));
