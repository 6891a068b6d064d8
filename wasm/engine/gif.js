/** Animated GIFs of generated frames, through gifenc. */

/** Loads gifenc, which only GIFs need. */
export async function loadGifEncoder() {
  // @ts-expect-error it has no types
  const gifenc = /** @type {any} */ (await import('gifenc'));
  // A CommonJS build in Node, an ES module in bundlers.
  return gifenc.GIFEncoder ? gifenc : gifenc.default;
}

/**
 * @param {Uint8ClampedArray} rgba frames x size x size x 4
 * @param {number} size
 * @param {number} delay milliseconds a frame
 * @param {number} scale whole; each pixel becomes scale x scale
 * @returns {Promise<Uint8Array>}
 */
export async function encodeGif(rgba, size, delay, scale = 1) {
  const { GIFEncoder, quantize, applyPalette } = await loadGifEncoder();
  const bytes = size * size * 4;
  const frames = rgba.length / bytes;
  // One palette for all frames, from at most 32 of them, so that colours do not flicker.
  const stride = Math.max(1, Math.floor(frames / 32));
  const sample = new Uint8Array(Math.ceil(frames / stride) * bytes);
  for (let i = 0; i * stride < frames; i++)
    sample.set(rgba.subarray(i * stride * bytes, (i * stride + 1) * bytes), i * bytes);
  const palette = quantize(sample, 256);
  const gif = GIFEncoder();
  const side = size * scale;
  for (let i = 0; i < frames; i++) {
    const small = applyPalette(rgba.subarray(i * bytes, (i + 1) * bytes), palette);
    const large = new Uint8Array(side * side);
    for (let y = 0; y < side; y++) {
      const row = Math.floor(y / scale) * size;
      for (let x = 0; x < side; x++) large[y * side + x] = small[row + Math.floor(x / scale)];
    }
    gif.writeFrame(large, side, side, { palette: i === 0 ? palette : undefined, delay });
  }
  gif.finish();
  return gif.bytes();
}
