/** What a paper step consists of: kernels by layer, and how often a step runs each (docs/method.md, section 3). */

/** @typedef {{name: string, what: string, batch: number, channels: number, filters: number, size: number, calls: number, flops: number}} Part */

/** The convolutions of both networks, seen from the large image: G's layer 2 + i and D's layer 4 - i have shape i. */
export const SHAPES = [
  { channels: 256, filters: 512, size: 8, layer: 'G.L2/D4' },
  { channels: 128, filters: 256, size: 16, layer: 'G.L3/D3' },
  { channels: 64, filters: 128, size: 32, layer: 'G.L4/D2' },
  { channels: 3, filters: 64, size: 64, layer: 'G.L5/D1' },
];

export const PASSES = ['forward', 'input_grad', 'weight_grad'];

/** Operations of one pass, by the direct count. @param {{channels: number, filters: number, size: number}} shape @param {number} batch */
export const convFlops = ({ channels, filters, size }, batch) => 2 * 16 * channels * filters * batch * (size / 2) ** 2;

/** @param {number} batch @param {boolean} reuse the second forwards of G, and of D over the fakes, are left out @returns {Part[]} */
export function stepParts(batch, reuse = false) {
  const [g, d] = reuse ? [1, 2] : [2, 3];
  /** @type {Part[]} */
  const parts = [];
  /** @param {string} name @param {string} what @param {number} channels @param {number} filters @param {number} size @param {number} calls @param {number} flops */
  const add = (name, what, channels, filters, size, calls, flops = 0) =>
    parts.push({ name, what, batch, channels, filters, size, calls, flops });
  SHAPES.forEach((shape, i) => {
    const { channels, filters, size } = shape;
    const [gl, dl] = [`G.L${i + 2}`, `D${4 - i}`];
    const flops = convFlops(shape, batch);
    const conv = (/** @type {string} */ name, /** @type {string} */ pass, /** @type {number} */ calls) =>
      add(name, `conv_${pass}`, channels, filters, size, calls, flops);
    conv(`${gl} forward`, 'input_grad', g);
    conv(`${gl} input gradient`, 'forward', 1);
    conv(`${gl} weight gradient`, 'weight_grad', 1);
    conv(`${dl} forward`, 'forward', d);
    conv(`${dl} input gradient`, 'input_grad', i === 3 ? 1 : 3);
    conv(`${dl} weight gradient`, 'weight_grad', 2);
    // The small image of shape i: AdaIN follows in G, in D batch norm with spectral norm of the weights that made it.
    add(`AdaIN ${i + 1} forward`, 'adain_forward', filters, filters, size / 2, g);
    add(`AdaIN ${i + 1} backward`, 'adain_backward', filters, filters, size / 2, 1);
    if (i === 3) return;
    add(`batch norm ${dl} forward`, 'batch_norm_forward', filters, filters, size / 2, d);
    add(`batch norm ${dl} backward`, 'batch_norm_backward', filters, filters, size / 2, 3);
    add(`spectral norm ${dl} forward`, 'spectral_norm_forward', channels, filters, 4, d);
    add(`spectral norm ${dl} backward`, 'spectral_norm_backward', channels, filters, 4, 2);
  });
  add('Adam G', 'adam', 7439, 512, 1, 1);
  add('Adam D', 'adam', 5401, 512, 1, 1);
  add('mapping forward', 'linear_forward', 100, 100, 1, 4 * g);
  return parts;
}
