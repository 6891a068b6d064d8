/** PyTorch in a process of its own (torch_peer.py), timed in turn with our engine in this one. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import readline from 'node:readline';
import { median, ratioOf, rest, sameImages } from './compare.js';

/** @typedef {import('../../wasm/engine/engine.js').Engine} Engine */

const PYTHON = '/usr/bin/python3';
const PEER = 'tests/peers/torch_peer.py';

/**
 * The fastest BLAS that Debian has for it, where installed: one step of batch 32 took 0.65 s with it, 0.79 s with
 * OpenBLAS on threads of its own, 6.1 s with the reference BLAS that python3-torch brings along.
 */
const BLAS = '/usr/lib/x86_64-linux-gnu/openblas-openmp';

export class Torch {
  constructor() {
    const { LD_LIBRARY_PATH: path = BLAS } = process.env;
    const env = { ...process.env, LD_LIBRARY_PATH: path };
    this.process = spawn(PYTHON, [PEER, 'serve'], { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.lines = readline.createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  /** @returns {Promise<any>} its next line */
  async answer() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('PyTorch ended early: see above');
    return JSON.parse(value);
  }

  /** @param {object} request @returns {Promise<any>} */
  ask(request) {
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    return this.answer();
  }

  close() {
    this.process.stdin.end();
  }
}

/**
 * Blocks of ours and PyTorch's in turn.
 * @param {Torch} torch
 * @param {() => void} ours
 * @param {Record<string, any>} request to time; count is one block
 * @param {number} rounds
 */
async function inTurnWith(torch, ours, request, rounds) {
  await torch.ask({ do: 'time', ...request });
  for (let i = 0; i < 3; i++) ours();
  /** @type {number[][]} */
  const times = [[], []];
  for (let round = 0; round < rounds; round++) {
    await rest();
    for (let i = 0; i < request.count; i++) {
      const began = performance.now();
      ours();
      times[0].push(performance.now() - began);
    }
    await rest();
    times[1].push(...(await torch.ask({ do: 'time', ...request })).ms);
  }
  return ratioOf(median(times[0]), median(times[1]));
}

/**
 * @param {Engine} engine @param {Torch} torch @param {string} name
 * @param {{folder: string, batches: number[], quick: boolean, report: (row: any) => void}} options
 */
export async function compareTorchGeneration(engine, torch, name, { folder, batches, quick, report }) {
  const file = `${folder}/model.safetensors`;
  const generator = engine.loadGenerator(fs.readFileSync(file));
  for (const batch of batches) {
    const z = generator.latents(Array.from({ length: batch }, (_, i) => i));
    const ours = () => generator.synthesise(generator.map(z));
    const [latents, out] = [`${folder}/latents.f32`, `${folder}/images.f32`];
    fs.writeFileSync(latents, new Uint8Array(z.buffer));
    await torch.ask({ do: 'generate', model: file, batch, latents, out });
    const theirs = new Float32Array(new Uint8Array(fs.readFileSync(out)).buffer);
    const difference = sameImages(ours(), theirs, 'PyTorch');
    for (const threads of [1, 2]) {
      const request = { what: 'generate', model: file, batch, threads, count: batch === 1 ? 20 : 1 };
      const times = await inTurnWith(torch, ours, request, quick ? 3 : 7);
      report({ ...rowOf('peer_generate', engine, name, threads, batch), difference, ...times });
    }
  }
  generator.dispose();
}

/**
 * The whole step, as people write it, and with D frozen in G's update (which spares PyTorch gradients that nobody uses).
 * @param {Engine} engine @param {Torch} torch @param {string} name
 * @param {{quick: boolean, report: (row: any) => void}} options
 */
export async function compareTorchStep(engine, torch, name, { quick, report }) {
  const batch = 32;
  const dataset = engine.createDataset({ size: 64 });
  dataset.addDoodles(0, 0, 128);
  for (const reuse_fake of [false, true]) {
    const trainer = engine.createTrainer({ batch, reuse_fake });
    trainer.setDataset(dataset);
    for (const [threads, frozen] of /** @type {[number, boolean][]} */ ([
      [1, false],
      [2, false],
      [2, true],
    ])) {
      const request = { what: 'step', batch, threads, reuse_fake, frozen, count: 1 };
      const times = await inTurnWith(torch, () => trainer.step(), request, quick ? 2 : 4);
      report({ ...rowOf('peer_train_step', engine, name, threads, batch), reuse_fake, frozen, ...times });
    }
    trainer.dispose();
  }
  dataset.dispose();
}

/** @param {string} task @param {Engine} engine @param {string} peer @param {number} peer_threads @param {number} batch */
const rowOf = (task, engine, peer, peer_threads, batch) => ({
  task,
  runtime: 'node',
  peer,
  variant: engine.variant,
  threads: engine.threads,
  peer_threads,
  batch,
});
