/**
 * ONNX Runtime Web and TensorFlow.js beside our engine in a browser's worker. A classic worker, since TensorFlow.js
 * comes as a script.
 */
self.onmessage = async ({ data: { files, batches, rounds, threads, versions } }) => {
  const modules = '/tests/peers/node_modules';
  /** @param {string} url */
  const load = (url) => import(url);
  /** @param {string} url */
  const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  try {
    const { createEngine } = await load('/wasm/engine/engine.js');
    const { compareGeneration, onnxGenerate, tensorflowGenerate } = await load('/tests/peers/generation.js');
    const { readSafetensors } = await load('/wasm/engine/safetensors.js');
    const model = await bytes(files.model);

    const ort = await load(`${modules}/onnxruntime-web/dist/ort.wasm.min.mjs`);
    ort.env.wasm.numThreads = threads;
    ort.env.wasm.wasmPaths = `${modules}/onnxruntime-web/dist/`;
    /** @type {Record<number, Uint8Array>} */
    const onnx = {};
    for (const batch of batches) onnx[batch] = await bytes(files.onnx[batch]);
    const onnxPeer = { generate: await onnxGenerate(ort, onnx, { executionProviders: ['wasm'] }) };

    const tfjs = `${modules}/@tensorflow`;
    /** @type {any} */ (self).importScripts(
      `${tfjs}/tfjs/dist/tf.min.js`,
      `${tfjs}/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`,
    );
    const { tf } = /** @type {any} */ (self);
    tf.wasm.setThreadsCount(threads);
    tf.wasm.setWasmPaths(`${tfjs}/tfjs-backend-wasm/dist/`);
    if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js: its wasm backend did not start');
    const tensorflowPeer = tensorflowGenerate(tf, readSafetensors(model).tensors);

    const engine = await createEngine({ threads });
    const runtime = 'chromium';
    for (const [name, peer] of [
      [`onnxruntime-web ${versions['onnxruntime-web']}`, onnxPeer],
      [`tfjs-backend-wasm ${versions['@tensorflow/tfjs-backend-wasm']}`, tensorflowPeer],
    ]) {
      for (const batch of batches) {
        self.postMessage({ row: await compareGeneration(engine, model, { name, runtime, batch, rounds, ...peer }) });
      }
    }
    self.postMessage({ note: `TensorFlow.js used ${tf.wasm.getThreadsCount()} threads` });
    self.postMessage({ done: true });
  } catch (error) {
    self.postMessage({ error: String(/** @type {Error} */ (error)?.stack ?? error) });
  }
};
