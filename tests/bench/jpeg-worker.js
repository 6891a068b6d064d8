/** Makes the JPEGs of the intake benchmark: doodles of 512 x 512 with a camera's noise, as base64. */
import { createEngine } from '../../wasm/engine/engine.js';

self.onmessage = async ({ data: { count } }) => {
  const size = 512;
  const engine = await createEngine({ threads: 1 });
  let random = 1;
  for (let i = 0; i < count; i++) {
    const rgb = engine.doodle(0, i, size);
    const picture = new ImageData(size, size);
    for (let p = 0; p < size * size; p++) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      for (let c = 0; c < 3; c++) picture.data[4 * p + c] = rgb[3 * p + c] + (random >>> 28) - 8;
      picture.data[4 * p + 3] = 255;
    }
    const canvas = new OffscreenCanvas(size, size);
    canvas.getContext('2d')?.putImageData(picture, 0, 0);
    const bytes = new Uint8Array(
      await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 })).arrayBuffer(),
    );
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    self.postMessage({ row: { base64: btoa(text) } });
  }
  self.postMessage({ done: true });
};
