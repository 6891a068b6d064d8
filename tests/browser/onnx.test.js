/** The page's ONNX files make the page's faces, in ONNX Runtime in a tab. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { serveFolder } from '../../scripts/serve.js';
import { ROOT } from '../../scripts/shell.js';
import { createEngine } from '../../wasm/engine/engine.js';
import { downloadBy, openPage, startTraining, untilText } from './page.js';

/** Pictures are from -1 to 1. */
const SAME = 1e-5;

/** @type {Awaited<ReturnType<typeof openPage>>} */
let tab;
/** @type {{url: string, close: () => void}} a page of another program, which has ONNX Runtime */
let other;
/** @type {import('playwright-core').Page} */
let runtime;
const engine = await createEngine({ threads: 1 });

before(async () => {
  tab = await openPage({ width: 1440, height: 1000 });
  other = await serveFolder(path.join(ROOT, 'node_modules/onnxruntime-web/dist'));
  const browser = /** @type {import('playwright-core').Browser} */ (tab.page.context().browser());
  runtime = await (await browser.newContext()).newPage();
  await runtime.route('**/start', (route) => route.fulfill({ contentType: 'text/html', body: '<title>Other</title>' }));
  await runtime.goto(`${other.url}start`);
});
after(async () => {
  await tab.close();
  other.close();
  engine.dispose();
});

/** @param {Buffer} file @param {string} input @param {Float32Array} data @param {number[]} shape @returns {Promise<{type: string, dims: number[], data: number[]}>} */
const imagesOf = (file, input, data, shape) =>
  runtime.evaluate(
    async ([base64, name, numbers, dims]) => {
      const ort = await import(new URL('ort.wasm.bundle.min.mjs', location.href).href);
      ort.env.wasm.numThreads = 1;
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const session = await ort.InferenceSession.create(bytes);
      const { images } = await session.run({ [name]: new ort.Tensor('float32', Float32Array.from(numbers), dims) });
      return { type: images.type, dims: [...images.dims], data: Array.from(images.data) };
    },
    /** @type {[string, string, number[], number[]]} */ ([file.toString('base64'), input, Array.from(data), shape]),
  );

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function furthest(a, b) {
  assert.equal(a.length, b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

test('z, w, w+ and whole levels: the same pictures as those of the downloaded model', async () => {
  const { page } = tab;
  await startTraining(page, 40);
  await page.click('#train-button'); // pause: the model stays as it is
  await page.waitForFunction(() => document.getElementById('train-button')?.textContent === 'Continue');
  const generator = engine.loadGenerator((await downloadBy(page, 'save-model')).bytes);
  const { latentSize, stages, imageSize } = generator;
  const seeds = [3, 4];
  const wanted = generator.generate(seeds);
  const w = generator.styles(seeds);
  const styles = new Float32Array(2 * stages * latentSize);
  for (let row = 0; row < 2 * stages; row++) styles.set(w.subarray(0, latentSize).map((x, i) => (row < stages ? x : w[latentSize + i])), row * latentSize); // prettier-ignore

  await page.click('#onnx summary');
  /** @type {[string, Float32Array, number[]][]} */
  const inputs = [
    ['z', generator.latents(seeds), [2, latentSize]],
    ['w', w, [2, latentSize]],
    ['w+', styles, [2, stages, latentSize]],
  ];
  for (const [input, data, shape] of inputs) {
    await page.selectOption('#onnx-input', input);
    const { name, bytes } = await downloadBy(page, 'save-onnx');
    assert.equal(name, 'model.onnx');
    const { dims, data: images } = await imagesOf(bytes, input, data, shape);
    assert.deepEqual(dims, [2, 3, imageSize, imageSize]);
    assert.ok(furthest(images, wanted) < SAME, input);
  }
  await untilText(page, 'onnx-state', /ONNX file downloaded, \d/);

  await page.selectOption('#onnx-input', 'z');
  await page.check('#onnx-uint8');
  const levels = await imagesOf((await downloadBy(page, 'save-onnx')).bytes, 'z', generator.latents(seeds), [2, latentSize]); // prettier-ignore
  assert.equal(levels.type, 'uint8');
  assert.ok(furthest(levels.data, wanted.map((x) => Math.round((x + 1) * 127.5))) <= 1); // prettier-ignore
  generator.dispose();
});

test('a loaded model is exported too; one without styles says that it begins with z', async () => {
  const { page } = tab;
  const trainer = engine.createTrainer({ model: 'dcgan', image_size: 32, width: 4, batch: 4 });
  const file = path.join(fs.mkdtempSync('/tmp/ssdgan-'), 'dcgan.safetensors');
  fs.writeFileSync(file, trainer.save());
  await page.setInputFiles('#model-input', file);
  await untilText(page, 'make-state', /Loaded dcgan/);
  await page.uncheck('#onnx-uint8');
  const { bytes } = await downloadBy(page, 'save-onnx');
  const { latentSize } = trainer.generator;
  const { data } = await imagesOf(bytes, 'z', trainer.generator.latents([5]), [1, latentSize]);
  assert.ok(furthest(data, trainer.generator.generate([5])) < SAME);
  await page.selectOption('#onnx-input', 'w');
  await page.click('#save-onnx');
  await untilText(page, 'onnx-state', /has no styles: its input is z, not w/);
  trainer.dispose();
  fs.rmSync(path.dirname(file), { recursive: true });
});
