/** What the worker holds: the engine, the pictures, the run, a loaded model. */
import { createEngine } from '../../wasm/engine.js';
import { CREDITS, emptyHistory } from '../protocol.js';

/** @typedef {import('../../wasm/engine.js').Engine} Engine */
/** @typedef {import('../../wasm/engine.js').Dataset} Dataset */
/** @typedef {import('../../wasm/engine.js').Trainer} Trainer */
/** @typedef {import('../../wasm/engine.js').Generator} Generator */
/** @typedef {import('../protocol.js').Requests} Requests */

export class Session {
  /** @param {(event: any) => void} send to the page */
  constructor(send) {
    this.send = send;
    /** @type {(error: unknown, op: string) => void} */
    this.onCrash = () => {};
    /** @type {Engine | null} */
    this.engine = null;
    /** @type {Dataset | null} */
    this.dataset = null;
    /** @type {Trainer | null} */
    this.trainer = null;
    /** @type {Generator | null} a model from a file, which goes before the run's */
    this.model = null;
    this.attached = false;
    this.running = false;
    this.untilStep = 0;
    /** @type {Promise<void>} ends when the training loop has */
    this.loop = Promise.resolve();
    this.credits = CREDITS;
    this.history = emptyHistory();
    this.cancelled = false;
    this.checkpointSeconds = 60;
  }

  /** @param {Requests['start']['body']} body @returns {Promise<Requests['start']['reply']>} */
  async start({ wasmUrl, variant, threads, checkpointSeconds }) {
    this.checkpointSeconds = checkpointSeconds;
    try {
      this.engine = await createEngine({
        variant: /** @type {any} */ (variant),
        threads,
        moduleUrl: (name) => wasmUrl + name,
      });
    } catch (error) {
      throw Object.assign(/** @type {Error} */ (error), { code: 'no_engine' });
    }
    const { describe, notes } = this.engine;
    return {
      version: describe.version,
      variant: this.engine.variant,
      threads: this.engine.threads,
      notes,
      fields: describe.config,
    };
  }

  /** @returns {Engine} */
  get theEngine() {
    if (!this.engine) throw failure('no_engine', 'the engine has not started');
    return this.engine;
  }

  /** @returns {Dataset} */
  get theDataset() {
    if (!this.dataset) throw failure('bad_state', 'there are no pictures yet');
    return this.dataset;
  }

  /** @returns {Trainer} */
  get theTrainer() {
    if (!this.trainer) throw failure('bad_state', 'there is no training run');
    return this.trainer;
  }

  /** @returns {Generator} what draws: the loaded model, or the run's network */
  get theGenerator() {
    const generator = this.model ?? this.trainer?.generator;
    if (!generator) throw failure('bad_state', 'there is no network to draw with yet: train, or load a model');
    return generator;
  }

  /** @param {Generator} generator @returns {import('../protocol.js').ModelInfo} */
  modelInfo({ imageSize, latentSize, hasMapping, parameterCount }) {
    return { imageSize, latentSize, hasMapping, parameters: parameterCount };
  }
}

/** @param {string} code @param {string} message */
export function failure(code, message) {
  return Object.assign(new Error(message), { code });
}

const { port1, port2 } = new MessageChannel();
/** @type {(() => void)[]} */
const breathing = [];
port1.onmessage = () => breathing.shift()?.();

/**
 * Lets messages in before going on. A message, not a timer: timers are slowed down in hidden tabs.
 * @returns {Promise<void>}
 */
export function breathe() {
  return new Promise((resolve) => {
    breathing.push(resolve);
    port2.postMessage(0);
  });
}
