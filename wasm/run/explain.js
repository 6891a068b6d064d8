/**
 * One training step as something to look at: what the generator made, what the discriminator said of each picture, and how far
 * the weights of each layer have moved. It is an ordinary step of the run, which is stopped behind it: a training with such steps
 * has the same bits as one without.
 */
import { readSafetensors } from '../engine/safetensors.js';

/** @typedef {import('../engine/engine.js').Trainer} Trainer */
/**
 * change: Euclidean norm of what the step has added to the layer's weights, over that of the weights
 * @typedef {{network: 'generator' | 'discriminator', name: string, change: number}} Layer in the order of the data
 * @typedef {ReturnType<Trainer['lastBatch']> & {stats: import('../engine/trainer.js').Stats, layers: Layer[]}} Explained
 */

/** Weights of linear layers and convolutions -> their layer: mapper, l1, ... of G; model.0, ... of D. */
const WEIGHT = /^(generator|discriminator)\.(?:\w+_)?(mapper|l\d|model\.\d+)\b.*weight$/;

/** @param {Trainer} trainer @returns {Map<string, Float32Array[]>} by network and layer */
function weightsOf(trainer) {
  /** @type {Map<string, Float32Array[]>} */
  const layers = new Map();
  for (const [name, { shape, data }] of Object.entries(readSafetensors(trainer.save({ checkpoint: true })).tensors)) {
    const [, network, layer] = WEIGHT.exec(name) ?? [];
    if (!network || shape.length < 2) continue;
    const key = `${network} ${layer}`;
    layers.set(key, [...(layers.get(key) ?? []), data.slice()]);
  }
  return layers;
}

/** @param {Map<string, Float32Array[]>} before @param {Map<string, Float32Array[]>} after @returns {Layer[]} */
function moved(before, after) {
  return [...before].map(([key, tensors]) => {
    let [change, size] = [0, 0];
    tensors.forEach((tensor, i) => {
      const now = /** @type {Float32Array[]} */ (after.get(key))[i];
      for (let k = 0; k < tensor.length; k++) {
        change += (now[k] - tensor[k]) ** 2;
        size += tensor[k] ** 2;
      }
    });
    const [network, name] = key.split(' ');
    return { network: /** @type {Layer['network']} */ (network), name, change: Math.sqrt(change / (size || 1)) };
  });
}

/**
 * @param {import('./training-run.js').TrainingRun} run that has its pictures, and does not train now
 * @param {(event: import('./events.js').RunEvent) => void | Promise<void>} [listen] hears the run's events
 * @param {() => Promise<void>} [nextTurn] as for run.events()
 * @returns {Promise<Explained | null>} null: there was no step to make
 */
export async function explainStep(run, listen = () => {}, nextTurn = undefined) {
  const before = weightsOf(run.trainer);
  /** @type {Explained | null} */
  let explained = null;
  for await (const event of run.events(nextTurn)) {
    if (event.event === 'step' && !explained) {
      const { trainer } = run; // before anything else uses it
      const batch = trainer.lastBatch();
      explained = { ...batch, stats: trainer.stats(), layers: moved(before, weightsOf(trainer)) };
      run.stop();
    }
    await listen(event);
  }
  return explained;
}
