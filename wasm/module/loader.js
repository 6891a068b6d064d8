/**
 * Picks and starts the WebAssembly module: the same in a Worker and in Node.
 *
 * Four builds exist, {simd, relaxed} x {one thread, threads}. Relaxed SIMD has the fused multiply-add (about 1.3 times
 * the speed); its last bits differ from plain SIMD's, which are the same everywhere.
 */
import { relaxedSimd, simd, threads as threadsSupported } from 'wasm-feature-detect';

/** @typedef {'simd' | 'relaxed'} Variant */
/** @typedef {{module: any, variant: Variant, threads: number, notes: string[]}} Loaded */

const MAX_THREADS = 16;

/** Memory in pages of WebAssembly: at first, and at most, as wasm/module/CMakeLists.txt has them; less where that is refused. */
const PAGE = 65536;
const INITIAL_PAGES = 512;
const SHARED_PAGES = [32768, 16384, 8192];

export const isNode = typeof process === 'object' && !!process.versions?.node;

/** A built-in module's name, built up so that bundlers for the page leave it alone. @param {string} name */
const nodeModule = (name) => `node:${name}`;

/** Node 20 knows relaxed SIMD behind a flag, which counts only before the first module is compiled. */
async function allowRelaxedSimd() {
  if (!isNode) return;
  const v8 = await import(/* @vite-ignore */ nodeModule('v8'));
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** @returns {Promise<number>} what the machine offers */
async function hardwareThreads() {
  if (!isNode) return globalThis.navigator?.hardwareConcurrency ?? 1;
  const os = await import(/* @vite-ignore */ nodeModule('os'));
  return os.availableParallelism();
}

/** @returns {Promise<string | null>} why there are no threads; null: there are. Node always has them. */
async function whyNoThreads() {
  if (!isNode && globalThis.isSecureContext === false) return 'browsers give them to pages from https only';
  if (!isNode && globalThis.crossOriginIsolated !== true) return 'the page is not cross-origin isolated';
  if (!(await threadsSupported())) return 'this browser gives pages no shared memory';
  return null;
}

/**
 * The memory of a module with threads. Its address space is reserved at once, and a phone may refuse 2 GB of it.
 * @returns {{memory: WebAssembly.Memory, maximum: number} | null} maximum in bytes; null: none was given
 */
function sharedMemory() {
  for (const maximum of SHARED_PAGES) {
    try {
      return {
        memory: new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true }),
        maximum: maximum * PAGE,
      };
    } catch {
      // a smaller one, then
    }
  }
  return null;
}

/**
 * In Node the environment may name another folder of the project: SSDGAN_MODULES=build/wasm-debug.
 * @param {string} name file name of a build product
 * @returns {string}
 */
function besideThePackage(name) {
  const folder = (isNode && process.env.SSDGAN_MODULES) || 'build/wasm';
  return new URL(/* @vite-ignore */ `../../${folder}/${name}`, import.meta.url).href;
}

/**
 * @param {Variant} variant
 * @param {number} threads
 * @param {(name: string) => string} moduleUrl
 * @param {string[]} notes
 */
async function start(variant, threads, moduleUrl, notes) {
  const shared = threads > 1 ? sharedMemory() : undefined;
  if (shared === null) throw new Error('no shared memory is given');
  if (shared && shared.maximum < PAGE * SHARED_PAGES[0])
    notes.push(`At most ${shared.maximum / 2 ** 30} GB of memory is given here.`);
  const name = `ssdgan.${variant}${threads > 1 ? '-mt' : ''}`;
  const url = moduleUrl(`${name}.mjs`);
  const { default: createSsdgan } = await import(/* @vite-ignore */ url);
  return createSsdgan({
    ssdganThreads: threads,
    wasmMemory: shared?.memory,
    locateFile: (/** @type {string} */ file) => (file.endsWith('.wasm') ? moduleUrl(file) : file),
    mainScriptUrlOrBlob: url,
  });
}

/**
 * Starts the best build that works here, and says in `notes` why it is not a better one.
 *
 * @param {{variant?: Variant | 'auto', threads?: number | 'auto', moduleUrl?: (name: string) => string}} options
 * @returns {Promise<Loaded>}
 */
export async function loadModule({ variant = 'auto', threads = 'auto', moduleUrl = besideThePackage } = {}) {
  const notes = [];
  if (!(await simd())) {
    throw new Error('This browser lacks WebAssembly SIMD. Use Chrome 91, Firefox 89, Safari 16.4 or newer.');
  }
  await allowRelaxedSimd();
  const hasRelaxed = await relaxedSimd();
  if (!hasRelaxed && variant !== 'simd')
    notes.push('Relaxed SIMD is not available: plain SIMD, about a quarter slower.');
  const wanted = hasRelaxed && variant !== 'simd' ? /** @type {Variant} */ ('relaxed') : 'simd';

  let count = threads === 'auto' ? await hardwareThreads() : threads;
  count = Math.max(1, Math.min(MAX_THREADS, Math.floor(count)));
  const reason = count > 1 ? await whyNoThreads() : null;
  if (reason) {
    notes.push(`Threads are not available (${reason}): one thread.`);
    count = 1;
  }

  /** @type {[Variant, number][]} */
  const attempts = [[wanted, count]];
  if (count > 2) attempts.push([wanted, 2]); // each thread costs memory too
  if (count > 1) attempts.push([wanted, 1]);
  if (wanted === 'relaxed') attempts.push(['simd', 1]);
  let last;
  for (const [name, number] of attempts) {
    try {
      return { module: await start(name, number, moduleUrl, notes), variant: name, threads: number, notes };
    } catch (error) {
      last = error;
      notes.push(
        `The build ${name} with ${number} thread(s) did not start: ${/** @type {Error} */ (error)?.message ?? error}`,
      );
    }
  }
  throw new Error(`The engine did not start. ${notes.join(' ')}`, { cause: last });
}
