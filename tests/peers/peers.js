/**
 * `npm run bench -- --peers`: other engines on the same network, in one run with ours. PyTorch comes from Debian; ONNX
 * Runtime and TensorFlow.js are installed into this folder, on this request only. The generator's ONNX file is made
 * anew from a model of ours.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createEngine } from '../../wasm/engine/engine.js';
import { benchInChromium } from '../../scripts/bench-browser.js';
import { must, ROOT } from '../../scripts/shell.js';
import { compareGeneration, onnxGenerate } from './generation.js';
import { compareTorchGeneration, compareTorchStep, Torch } from './torch.js';

const HERE = 'tests/peers';
const FOLDER = 'build/peers';
const BATCHES = [1, 64];
const THREADS = 2;

/** @typedef {{quick: boolean, runtime?: string, only?: string[], report: (row: any) => void}} Plan */

/** @returns {string | undefined} what is missing, with what to do */
function missing() {
  const { status } = spawnSync('/usr/bin/python3', ['-c', 'import torch']);
  return status === 0
    ? undefined
    : 'PyTorch is missing for the comparison with other engines: sudo apt-get install python3-torch libopenblas0-openmp';
}

/** Installed where the lock file changed. The packages bring what they need: their install scripts, which would fetch GPU libraries, do not run. */
function install() {
  const lock = fs.readFileSync(`${HERE}/package-lock.json`, 'utf8');
  const mark = `${HERE}/node_modules/.ssdgan-lock`;
  if (fs.existsSync(mark) && fs.readFileSync(mark, 'utf8') === lock) return;
  must(`npm --prefix ${HERE} ci --ignore-scripts --no-audit --no-fund`);
  fs.writeFileSync(mark, lock);
}

/** @returns {Record<string, string>} versions by package */
function versionsOf() {
  const { dependencies } = JSON.parse(fs.readFileSync(`${HERE}/package.json`, 'utf8'));
  return Object.fromEntries(
    Object.keys(dependencies).map((name) => {
      const { version } = JSON.parse(fs.readFileSync(`${HERE}/node_modules/${name}/package.json`, 'utf8'));
      return [name, version];
    }),
  );
}

/** A package of this folder, unknown before it is installed. @param {string} name @returns {Promise<any>} */
const peerModule = (name) => import(new URL(`./node_modules/${name}`, import.meta.url).href);

/**
 * PyTorch's step, replayed by us. Results that no LeakyReLU's kink can jump (docs/verify.md) are compared tightly, gradients by
 * what one jump may do.
 * @param {import('../../wasm/engine/engine.js').Engine} engine
 */
function verifyStep(engine) {
  const file = `${FOLDER}/verify.safetensors`;
  must(`/usr/bin/python3 scripts/pytorch verify --steps 1 --out ${file} >/dev/null`);
  for (const { name, error } of engine.verify(fs.readFileSync(file))) {
    const most = /^(fake|loss)/.test(name) ? 1e-4 : 5e-2;
    if (!(error < most)) throw new Error(`PyTorch's step is not ours: ${name} differs by ${error}`);
  }
}

/** @param {Plan} plan */
async function inNode({ quick, only, report }) {
  const engine = await createEngine({ threads: THREADS });
  const model = fs.readFileSync(`${FOLDER}/model.safetensors`);
  const versions = versionsOf();
  const rounds = quick ? 2 : 7;
  const wanted = (/** @type {string} */ name) => !only || only.includes(name);
  if (wanted('onnx')) {
    const files = Object.fromEntries(BATCHES.map((n) => [n, fs.readFileSync(`${FOLDER}/generator-${n}.onnx`)]));
    for (const [name, entry, options] of /** @type {[string, string, object][]} */ ([
      ['onnxruntime-node', 'onnxruntime-node/dist/index.js', { intraOpNumThreads: THREADS, interOpNumThreads: 1 }],
      ['onnxruntime-web', 'onnxruntime-web/dist/ort.node.min.mjs', { executionProviders: ['wasm'] }],
    ])) {
      const { default: fallback, ...names } = await peerModule(entry);
      const ort = names.InferenceSession ? names : fallback;
      if (name === 'onnxruntime-web') ort.env.wasm.numThreads = THREADS;
      const generate = await onnxGenerate(ort, files, options);
      for (const batch of BATCHES) {
        const peer = { name: `${name} ${versions[name]}`, runtime: 'node', batch, rounds, generate };
        report(await compareGeneration(engine, model, peer));
      }
    }
  }
  if (wanted('torch')) {
    verifyStep(engine);
    const torch = new Torch();
    const { name } = await torch.answer();
    if (name.includes('reference'))
      console.error(`${name}: sudo apt-get install libopenblas0-openmp makes it 9 times faster`);
    await compareTorchGeneration(engine, torch, name, { folder: FOLDER, batches: BATCHES, quick, report });
    await compareTorchStep(engine, torch, name, { quick, report });
    torch.close();
  }
  engine.dispose();
}

/** @param {Plan} plan */
export async function comparePeers(plan) {
  process.chdir(ROOT);
  const lack = missing();
  if (lack) {
    console.error(lack);
    process.exit(1);
  }
  install();
  fs.mkdirSync(FOLDER, { recursive: true });
  const engine = await createEngine({ threads: 1 });
  const trainer = engine.createTrainer({ batch: 2 });
  fs.writeFileSync(`${FOLDER}/model.safetensors`, trainer.save());
  trainer.dispose();
  engine.dispose();
  for (const n of BATCHES) {
    must(`/usr/bin/python3 ${HERE}/torch_peer.py onnx ${FOLDER}/model.safetensors ${n} ${FOLDER}/generator-${n}.onnx`);
  }
  if (plan.runtime !== 'chromium') await inNode(plan);
  if (plan.runtime !== 'node' && (!plan.only || plan.only.includes('web'))) {
    const files = {
      model: `/${FOLDER}/model.safetensors`,
      onnx: Object.fromEntries(BATCHES.map((n) => [n, `/${FOLDER}/generator-${n}.onnx`])),
    };
    const message = { files, batches: BATCHES, rounds: plan.quick ? 2 : 7, threads: THREADS, versions: versionsOf() };
    await benchInChromium(`${HERE}/browser-worker.js`, 'classic', message, plan.report);
  }
}
