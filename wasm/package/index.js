/**
 * The package `ssdgan`: train a GAN and make faces with it, in Node, in pages, and in workers.
 *
 *   import { loadGenerator } from 'ssdgan';
 *   const generator = await loadGenerator('model.safetensors');     // a path (Node), an address, or bytes
 *   const rgba = generator.generateRgba([1, 2, 3]);                  // three faces, one after the other
 *
 * Plain pages without a bundler import the same from build/browser/ssdgan.js.
 *
 * @module ssdgan
 */
import { Dataset, Engine, createEngine as startEngine, SsdganError } from '../engine/engine.js';
import { Evaluator } from '../engine/evaluate.js';
import { Generator } from '../engine/generator.js';
import { onnxOf } from '../engine/onnx.js';
import { Projection } from '../engine/projection.js';
import { readMetadata, readSafetensors, writeSafetensors } from '../engine/safetensors.js';
import { Trainer } from '../engine/trainer.js';
import { isNode } from '../module/loader.js';
import { RECIPES } from '../run/recipes.js';
import { MemoryStore } from '../run/store.js';
import { TrainingRun } from '../run/training-run.js';
import { builtModule, findModules } from './where.js';

export {
  Dataset,
  Engine,
  Evaluator,
  Generator,
  MemoryStore,
  onnxOf,
  Projection,
  readMetadata,
  readSafetensors,
  RECIPES,
  SsdganError,
  Trainer,
  TrainingRun,
  writeSafetensors,
};

/** @typedef {Parameters<typeof startEngine>[0]} EngineOptions */
/** @typedef {Uint8Array | ArrayBuffer | Blob | URL | string} Source bytes, or where they are: an address, in Node also a path */

/**
 * Starts the engine: the fastest build that works here, with one thread or all. Pages have threads only where they are
 * cross-origin isolated; `engine.notes` says why there are none.
 * @param {EngineOptions} options variant: simd or relaxed; threads: a number; moduleUrl: name of a build product -> its address
 * @returns {Promise<Engine>} dispose() it
 */
export async function createEngine(options = {}) {
  if (isNode || options.moduleUrl) return startEngine(options);
  await findModules();
  return startEngine({ moduleUrl: builtModule, ...options });
}

/** A built-in module's name, built up so that bundlers leave it alone. @param {string} name */
const nodeModule = (name) => `node:${name}`;

/** @param {Source} source @returns {Promise<Uint8Array>} */
async function bytesOf(source) {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (isNode && !/^(https?|data|blob):/.test(String(source))) {
    const { readFile } = await import(/* @vite-ignore */ nodeModule('fs/promises'));
    return readFile(String(source).startsWith('file:') ? new URL(source) : source);
  }
  const response = await fetch(source);
  if (!response.ok) throw new SsdganError('bad_file', `${source} could not be loaded: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * A generator to make faces with.
 * @param {Source} source a model (.safetensors), or a checkpoint
 * @param {{engine?: Engine} & EngineOptions} options engine: one that is there already; without it, one is started with one
 *   thread, which is enough for some hundred faces a second, and ends with the generator
 * @returns {Promise<Generator>} dispose() it
 */
export async function loadGenerator(source, { engine: given, ...options } = {}) {
  const bytes = await bytesOf(source);
  const engine = given ?? (await createEngine({ threads: 1, ...options }));
  try {
    const generator = engine.loadGenerator(bytes);
    if (!given) {
      const dispose = generator.dispose.bind(generator);
      generator.dispose = () => {
        dispose();
        engine.dispose();
      };
    }
    return generator;
  } catch (error) {
    if (!given) engine.dispose();
    throw error;
  }
}
