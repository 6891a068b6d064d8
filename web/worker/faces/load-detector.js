/// <reference types="vite/client" />
/** The detector in a browser: TensorFlow.js in WebAssembly on one thread, and BlazeFace. All of it comes from this site. */
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import network from '../../../node_modules/@vladmandic/human/models/blazeface.json';
import weightsUrl from '../../../node_modules/@vladmandic/human/models/blazeface.bin?url';
import { detectorOf } from './detector.js';

/** @param {string} name @returns {string} where a file of the site is: this module came from a blob: */
const placeOf = (name) => new URL(name, import.meta.url).href;

/** @param {number} least score of what it tells @returns {Promise<import('./detector.js').Detector>} */
export async function loadDetector(least) {
  const response = await fetch(placeOf(weightsUrl));
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  const weightData = await response.arrayBuffer();
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // several workers look at several photos instead
  // It wants to know a place for all three. The engine needs SIMD too, so that no browser takes another.
  const builds = ['wasm', 'wasm-simd', 'wasm-threaded-simd'];
  setWasmPaths(Object.fromEntries(builds.map((build) => [`tfjs-backend-${build}.wasm`, placeOf(wasmUrl)])));
  await tf.setBackend('wasm');
  const { modelTopology, weightsManifest } = /** @type {any} */ (network);
  const weightSpecs = weightsManifest[0].weights;
  const model = await loadGraphModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  return detectorOf(tf, model, least);
}
