/**
 * The native library beside the WebAssembly module, in one run: processor milliseconds of a step and of 64 faces on one thread.
 *
 *   node tests/bench/native.js [COMPILER=clang-19]
 *
 * Builds the library for several processors into build/native-*, and takes turns.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { createEngine } from '../../wasm/engine/engine.js';
import { RECIPES } from '../../wasm/run/recipes.js';

const ROOT = path.join(import.meta.dirname, '../..');
const COMPILER = process.argv[2] ?? 'clang-19';
const ARCHES = ['x86-64', 'x86-64-v3', 'x86-64-v4'];
const FACES = 64;
const ROUNDS = 3;
const TURNS = 3;
const TRAININGS = { best: { ...RECIPES.best.settings }, paper: { ...RECIPES.paper.settings } };
const STEPS = { best: 8, paper: 1 };

/** @param {string} program @param {string[]} args */
const call = (program, ...args) => execFileSync(program, args, { cwd: ROOT, encoding: 'utf8' });

/** @param {string} arch @returns {string} a program */
function build(arch) {
  const folder = `build/native-${arch}`;
  call('cmake', '--preset', 'library', '-B', folder, `-DCMAKE_C_COMPILER=${COMPILER}`, `-DSSDGAN_ARCH=${arch}`);
  call('cmake', '--build', folder);
  call('cmake', '--install', folder, '--prefix', `${folder}/installed`);
  const lib = `${folder}/installed/lib`;
  const out = `${folder}/bench`;
  call(COMPILER, '-O2', 'tests/bench/native.c', `-I${folder}/installed/include`, `-L${lib}`, '-lssdgan', `-Wl,-rpath,${path.resolve(ROOT, lib)}`, '-o', out); // prettier-ignore
  return out;
}

/** @param {import('../../wasm/engine/engine.js').Engine} engine @param {string} name */
function byModule(engine, name) {
  const trainer = engine.createTrainer(/** @type {any} */ (TRAININGS)[name]);
  const dataset = engine.createDataset({ size: 64 });
  dataset.addDoodles(0, 0, 200);
  trainer.setDataset(dataset);
  const steps = /** @type {any} */ (STEPS)[name];
  const found = [];
  const w = new Float32Array(FACES * trainer.generator.latentSize).map(() => Math.random() - 0.5);
  for (let round = 0; round <= ROUNDS + 3; round++) {
    const began = process.cpuUsage();
    for (let i = 0; i < steps; i++) trainer.step();
    const step = process.cpuUsage(began).user / 1e3 / steps;
    const then = process.cpuUsage();
    trainer.generator.synthesise(w);
    if (round > 3) found.push({ step, faces: process.cpuUsage(then).user / 1e3 }); // the code is compiled while it runs
  }
  trainer.dispose();
  dataset.dispose();
  return found;
}

const engines = {
  'wasm, plain SIMD': await createEngine({ threads: 1, variant: 'simd' }),
  'wasm, relaxed SIMD': await createEngine({ threads: 1, variant: 'relaxed' }),
};
const programs = Object.fromEntries(ARCHES.map((arch) => [`native, ${arch}`, build(arch)]));
const known = engines['wasm, plain SIMD'].describe.config;
/** @param {string} name @returns {string[]} */
const settingsOf = (name) =>
  Object.entries(/** @type {any} */ (TRAININGS)[name]).map(([key, value]) => {
    const choices = known.find((/** @type {any} */ field) => field.name === key)?.choices ?? [];
    return `${key}=${typeof value === 'string' ? choices.indexOf(value) : value}`;
  });

for (const name of Object.keys(TRAININGS)) {
  /** @type {Record<string, {step: number, faces: number}[]>} */
  const all = {};
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [who, engine] of Object.entries(engines)) (all[who] ??= []).push(...byModule(engine, name));
    for (const [who, program] of Object.entries(programs)) {
      const lines = call(
        path.resolve(ROOT, program),
        String(/** @type {any} */ (STEPS)[name]),
        String(ROUNDS),
        ...settingsOf(name),
      );
      (all[who] ??= []).push(
        ...lines
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      );
    }
  }
  console.log(`${name}, ${COMPILER}: milliseconds of a step, and of ${FACES} faces; the quickest of ${TURNS * ROUNDS}`);
  for (const [who, found] of Object.entries(all)) {
    const least = (/** @type {'step' | 'faces'} */ key) =>
      Math.min(...found.map((one) => one[key]))
        .toFixed(1)
        .padStart(8);
    console.log(`  ${who.padEnd(20)} ${least('step')} ${least('faces')}`);
  }
}
Object.values(engines).forEach((engine) => engine.dispose());
