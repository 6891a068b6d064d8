/** The training run: one step at a time, with a breath after each, so that the page is heard within a step. */
import { SAMPLE_SEEDS, CREDITS, emptyHistory, toFailure } from '../protocol.js';
import { breathe, failure } from './session.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../protocol.js').Requests} Requests */
/** @typedef {import('../protocol.js').Run} Run */

const PROGRESS_MS = 120; // between two progress events
const SAMPLES_MS = 700; // between two sets of samples, at least ...
const SAMPLES_SHARE = 12; // ... and this many times what drawing them takes
const VALIDATION_SHARE = 20;

/** @param {Session} session @returns {Run} */
function describeRun(session) {
  const trainer = session.theTrainer;
  return {
    stats: trainer.stats(),
    config: trainer.config(),
    parameters: trainer.parameterCounts,
    model: session.modelInfo(trainer.generator),
  };
}

/** @param {Session} session */
function drop(session) {
  session.trainer?.dispose();
  session.trainer = null;
  session.attached = false;
  session.history = emptyHistory();
}

/** @param {Session} session @param {Requests['train.create']['body']} body @returns {Promise<Run>} */
export async function create(session, { config }) {
  await halt(session);
  const dataset = session.theDataset;
  if (dataset.count < 2) throw failure('bad_state', 'training needs at least two pictures');
  drop(session);
  const trainer = session.theEngine.createTrainer(config);
  try {
    trainer.setDataset(dataset);
  } catch (error) {
    trainer.dispose();
    throw error;
  }
  session.trainer = trainer;
  session.attached = true;
  return describeRun(session);
}

/** @param {Session} session @param {Requests['train.load']['body']} body @returns {Promise<Run>} */
export async function load(session, { bytes }) {
  await halt(session);
  const trainer = session.theEngine.loadTrainer(bytes); // the run there was goes only when this one is good
  drop(session);
  session.trainer = trainer;
  return describeRun(session);
}

/** @param {Session} session @param {Requests['train.attach']['body']} body @returns {Run} */
export function attach(session, { acceptOther }) {
  session.theTrainer.setDataset(session.theDataset, { acceptOther });
  session.attached = true;
  return describeRun(session);
}

/** @param {Session} session @param {Requests['train.run']['body']} body */
export function run(session, { untilStep }) {
  const trainer = session.theTrainer;
  if (!session.attached) throw failure('bad_state', 'this run has no pictures yet');
  session.untilStep = untilStep;
  if (session.running || trainer.stats().step >= untilStep) return {};
  session.running = true;
  session.credits = CREDITS;
  session.loop = train(session, trainer).catch((error) => session.onCrash(error, 'train.run'));
  return {};
}

/** @param {Session} session @param {Requests['train.goal']['body']} body */
export function goal(session, { untilStep }) {
  session.untilStep = untilStep;
  return {};
}

/** @param {Session} session */
async function halt(session) {
  session.running = false;
  await session.loop;
}

/** @param {Session} session */
export async function pause(session) {
  await halt(session);
  return { stats: session.trainer?.stats() ?? null };
}

/** @param {Session} session */
export async function discard(session) {
  await halt(session);
  drop(session);
  return {};
}

/** @param {Session} session @param {Requests['train.save']['body']} body */
export function save(session, { checkpoint }) {
  const trainer = session.theTrainer;
  return { bytes: trainer.save({ checkpoint }), step: trainer.stats().step };
}

/** @param {Session} session @param {import('./session.js').Trainer} trainer @returns {import('../protocol.js').Pictures} */
function sample(session, trainer) {
  const { imageSize } = trainer.generator;
  const images = trainer.generator.generate(SAMPLE_SEEDS, 1);
  const pixels = session.theEngine.toRgba(images, imageSize);
  return { size: imageSize, count: SAMPLE_SEEDS.length, pixels: /** @type {any} */ (pixels) };
}

/** @param {Session} session */
function takeHistory(session) {
  const { history } = session;
  session.history = emptyHistory();
  return history;
}

/** @param {Session} session @param {import('../protocol.js').Stats} stats */
function record({ history }, stats) {
  history.step.push(stats.step);
  history.lossG.push(stats.loss_g);
  history.lossD.push(stats.loss_d);
  history.dReal.push(stats.d_real);
  history.dFake.push(stats.d_fake);
}

/** Mean time of a step over the last ones, sampling and messages included. */
class Pace {
  /** @type {number[]} */
  times = [performance.now()];

  tick() {
    this.times.push(performance.now());
    if (this.times.length > 64) this.times.shift();
  }

  /** @returns {number} seconds a step */
  get seconds() {
    const { times } = this;
    return times.length < 2 ? 0 : (times[times.length - 1] - times[0]) / (times.length - 1) / 1000;
  }
}

/** @param {Session} session @param {import('./session.js').Trainer} trainer */
async function train(session, trainer) {
  const batch = Number(trainer.config().batch);
  const pace = new Pace();
  const start = performance.now();
  let stats = trainer.stats();
  let nextProgress = start;
  let nextSamples = start;
  let nextCheckpoint = start + Math.min(15, session.checkpointSeconds) * 1000;
  let nextValidation = start;
  /** @type {'paused' | 'done' | 'failed'} */
  let why = 'paused';
  /** @type {import('../protocol.js').Failure | null} */
  let error = null;

  await breathe();
  while (session.running) {
    try {
      trainer.step();
    } catch (thrown) {
      error = toFailure(thrown, 'train.step');
      if (error.code === 'crashed') throw thrown;
      why = 'failed';
      break;
    }
    stats = trainer.stats();
    record(session, stats);
    pace.tick();
    let now = performance.now();
    if (stats.step_in_epoch === 0 && stats.val_count > 0 && now >= nextValidation) {
      trainer.validate();
      const after = performance.now();
      nextValidation = after + (after - now) * VALIDATION_SHARE;
      now = after;
      stats = trainer.stats();
    }
    if (now >= nextProgress && session.credits > 0) {
      session.credits--;
      nextProgress = now + PROGRESS_MS;
      let samples = null;
      if (now >= nextSamples) {
        samples = sample(session, trainer);
        const after = performance.now();
        nextSamples = after + Math.max(SAMPLES_MS, (after - now) * SAMPLES_SHARE);
      }
      session.send({
        type: 'train.progress',
        stats,
        history: takeHistory(session),
        picturesPerSecond: pace.seconds ? batch / pace.seconds : 0,
        secondsLeft: Math.max(0, session.untilStep - stats.step) * pace.seconds,
        samples,
      });
    }
    if (now >= nextCheckpoint) {
      session.send({ type: 'train.checkpoint', bytes: trainer.save({ checkpoint: true }), step: stats.step });
      nextCheckpoint = performance.now() + session.checkpointSeconds * 1000;
    }
    if (stats.step >= session.untilStep) {
      why = 'done';
      break;
    }
    await breathe();
  }
  session.running = false;
  session.send({
    type: 'train.stopped',
    why,
    error,
    stats: trainer.stats(),
    history: takeHistory(session),
    samples: error ? null : sample(session, trainer),
  });
  // A checkpoint of where it stopped, once the page has been told: a dead worker then loses nothing.
  if (!error) session.send({ type: 'train.checkpoint', bytes: trainer.save({ checkpoint: true }), step: stats.step });
}
