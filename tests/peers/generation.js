/** Generation, z to pictures, by us and by ONNX Runtime or TensorFlow.js: compared, then timed in turn. */
import { inTurn, sameImages } from './compare.js';

/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */
/** @typedef {(z: Float32Array, batch: number) => any} Generate pictures N x 3 x 64 x 64; may be a promise */

/**
 * @param {Engine} engine
 * @param {Uint8Array} model
 * @param {{name: string, runtime: string, batch: number, rounds: number, generate: Generate, images?: Generate}} peer
 *   generate is timed; images, where given, makes the same in our layout, for the comparison
 */
export async function compareGeneration(engine, model, { name, runtime, batch, rounds, generate, images = generate }) {
  const generator = engine.loadGenerator(model);
  const z = generator.latents(Array.from({ length: batch }, (_, i) => i));
  const ours = () => generator.synthesise(generator.map(z));
  const difference = sameImages(ours(), await images(z, batch), name);
  const times = await inTurn(ours, () => generate(z, batch), rounds);
  generator.dispose();
  return {
    task: 'peer_generate',
    runtime,
    peer: name,
    variant: engine.variant,
    threads: engine.threads,
    batch,
    difference,
    ...times,
  };
}

/**
 * ONNX Runtime, native or web: one session for each batch, of a file made for it.
 * @param {any} ort the module
 * @param {Record<number, Uint8Array>} files ONNX by batch
 * @param {object} options of the session
 * @returns {Promise<Generate>}
 */
export async function onnxGenerate(ort, files, options) {
  /** @type {Record<number, any>} */
  const sessions = {};
  for (const [batch, file] of Object.entries(files)) {
    sessions[Number(batch)] = await ort.InferenceSession.create(file, {
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      ...options,
    });
  }
  return async (z, batch) => {
    const { images } = await sessions[batch].run({ z: new ort.Tensor('float32', z, [batch, z.length / batch]) });
    return images.data;
  };
}

/**
 * The generator in TensorFlow.js operations, from our model's tensors. Its first layer, the same for every picture, is
 * computed once, here.
 * @param {any} tf
 * @param {Record<string, import('../../wasm/engine/safetensors.js').Tensor>} tensors
 * @returns {{generate: Generate, images: Generate}}
 */
export function tensorflowGenerate(tf, tensors) {
  /** @param {string} name */
  const tensor = (name) => tf.tensor(tensors[name].data, tensors[name].shape);
  /** @param {string} name @returns {(x: any) => any} */
  const linear = (name) => {
    const weight = tensor(`${name}.weight`);
    const bias = tensor(`${name}.bias`);
    return (x) => tf.add(tf.matMul(x, weight, false, true), bias);
  };
  const mapping = [0, 1, 2, 3].map((i) => linear(`mapper.${i}`));
  const first = tf.sum(tf.mul(tf.reshape(tensor('starting_const'), [-1, 1, 1, 1]), tensor('conv_l1.weight')), 0);
  const start = tf.transpose(first, [1, 2, 0]).expandDims(0);
  const stages = [1, 2, 3, 4].map((i) => ({
    weight: tf.transpose(tensor(`conv_l${i + 1}.weight`), [2, 3, 1, 0]),
    scale: linear(`ada_l${i}.style_scale`),
    bias: linear(`ada_l${i}.style_bias`),
  }));
  /** @param {Float32Array} z @param {number} batch */
  const pictures = (z, batch) => {
    let w = tf.tensor2d(z, [batch, z.length / batch]);
    w = tf.div(w, tf.norm(w, 2, 1, true));
    for (const layer of mapping) w = tf.leakyRelu(layer(w), 0.2);
    let x = start;
    for (const { weight, scale, bias } of stages) {
      const channels = x.shape[3];
      const { mean, variance } = tf.moments(x, [1, 2], true);
      const gain = tf.mul(tf.reshape(scale(w), [batch, 1, 1, channels]), tf.rsqrt(tf.add(variance, 1e-5)));
      const shift = tf.sub(tf.reshape(bias(w), [batch, 1, 1, channels]), tf.mul(gain, mean));
      x = tf.relu(tf.add(tf.mul(x, gain), shift));
      const size = x.shape[1] * 2;
      x = tf.conv2dTranspose(x, weight, [batch, size, size, weight.shape[2]], 2, 'same');
    }
    return tf.tanh(x);
  };
  return {
    generate: (z, batch) => tf.tidy(() => pictures(z, batch).dataSync()),
    images: (z, batch) => tf.tidy(() => tf.transpose(pictures(z, batch), [0, 3, 1, 2]).dataSync()),
  };
}
