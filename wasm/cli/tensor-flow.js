/** TensorFlow.js in WebAssembly on one thread, for the trained networks: development dependencies, asked for only here. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { CliError } from './usage.js';

const PACKAGES = [
  'nsfwjs@4.3.0',
  'buffer',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@vladmandic/face-api',
];

/** @param {any} module @returns {any} what it holds: of CommonJS and of ES modules alike */
export const contentOf = (module) => module.default ?? module;

/**
 * @param {string} option that asks for it
 * @param {string[]} names of further modules
 * @returns {Promise<{tf: any, modules: any[]}>}
 */
export async function tensorFlow(option, names) {
  try {
    const load = async (/** @type {string} */ name) => contentOf(await import(name));
    const tf = await load('@tensorflow/tfjs');
    const backend = await load('@tensorflow/tfjs-backend-wasm');
    const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    backend.setWasmPaths(`${path.dirname(main)}/`);
    backend.setThreadsCount(1);
    await tf.setBackend('wasm');
    return { tf, modules: await Promise.all(names.map(load)) };
  } catch (error) {
    if (!['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String(/** @type {any} */ (error).code))) throw error;
    throw new CliError(
      `${option} needs packages that are not installed. Install them with: npm install --no-save ${PACKAGES.join(' ')}`,
    );
  }
}
