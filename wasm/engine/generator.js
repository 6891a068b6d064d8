/** A generator: latents to styles to pictures. */
import { SsdganError } from '../module/heap.js';

/** @typedef {import('../module/heap.js').WasmHeap} WasmHeap */

/** Pictures that are turned into bytes at once: a multiple of the core's batch of 16. */
const RGBA_PICTURES = 64;

/** Random w by which their deviation is measured, and how many others each is compared with. */
const DEVIATION_SAMPLES = 512;
const DEVIATION_PAIRS = 16;

/** The latents of these seeds, N x size. @param {WasmHeap} heap @param {number[]} seeds @param {number} size @returns {Float32Array} */
export function latentsOf(heap, seeds, size) {
  const z = new Float32Array(seeds.length * size);
  heap.withAlloc(size * 4, (out) =>
    seeds.forEach((seed, i) => {
      heap.module._ssd_latent(seed, size, out);
      z.set(heap.floats(out, size), i * size);
    }),
  );
  return z;
}

export class Generator {
  /** @param {WasmHeap} heap @param {number} pointer @param {boolean} owned a trainer's generator is only lent */
  constructor(heap, pointer, owned) {
    const { module } = heap;
    this.heap = heap;
    this.pointer = pointer;
    this.owned = owned;
    /** @type {number} */
    this.imageSize = module._ssd_generator_image_size(pointer);
    /** @type {number} */
    this.latentSize = module._ssd_generator_latent_size(pointer);
    /** @type {boolean} whether the first layer sees a learned constant; if not, it sees w */
    this.hasConstant = module._ssd_generator_has_constant(pointer) !== 0;
    /** @type {number} stages with a style of their own, coarse first; 0 for a DCGAN, or without AdaIN */
    this.stages = module._ssd_generator_stages(pointer);
    /** @type {number} S: styles that make a picture, 1 where the model has no stages */
    this.styleCount = Math.max(1, this.stages);
    /** @type {number} */
    this.parameterCount = module._ssd_generator_parameter_count(pointer);
  }

  /** z (N x latentSize) to w, truncated by psi. @param {Float32Array} z @param {number} psi @returns {Float32Array} */
  map(z, psi = 1) {
    const { heap } = this;
    return heap.withFloats(z, (pointer) => {
      const count = z.length / this.latentSize;
      heap.check(heap.module._ssd_generator_map(this.pointer, pointer, count, psi, pointer));
      return heap.floats(pointer, z.length);
    });
  }

  /**
   * Truncated w: each row is moved towards the typical w by its psi (ssd_generator_truncate in include/ssdgan.h).
   * @param {Float32Array} w N x latentSize @param {ArrayLike<number>} psis N @returns {Float32Array}
   */
  truncate(w, psis) {
    const { heap } = this;
    return heap.withFloats(w, (rows) =>
      heap.withAlloc(psis.length * 8, (numbers) => {
        heap.module.HEAPF64.set(psis, numbers >>> 3);
        heap.check(heap.module._ssd_generator_truncate(this.pointer, rows, psis.length, numbers));
        return heap.floats(rows, w.length);
      }),
    );
  }

  /**
   * w to pictures, N x 3 x H x W in [-1, 1].
   * @param {Float32Array} w N x latentSize, or N x S x latentSize with perStage
   * @returns {Float32Array}
   */
  synthesise(w, perStage = false) {
    const { heap } = this;
    const count = w.length / this.lengthOf(perStage);
    const floats = count * 3 * this.imageSize * this.imageSize;
    return heap.withFloats(w, (from) =>
      heap.withAlloc(floats * 4, (to) => {
        heap.check(this.synthesiseAt(from, count, perStage, to));
        return heap.floats(to, floats);
      }),
    );
  }

  /**
   * w to pictures as bytes, N x H x W x 4: the floats stay in the module's memory, a few pictures at a time, and the
   * bytes are copied once, into a buffer of their own that can be transferred.
   * @param {Float32Array} w as synthesise()
   * @returns {Uint8ClampedArray<ArrayBuffer>}
   */
  synthesiseRgba(w, perStage = false) {
    const { heap, imageSize } = this;
    const { module } = heap;
    const length = this.lengthOf(perStage);
    const count = w.length / length;
    const pixels = imageSize * imageSize;
    const most = Math.min(count, RGBA_PICTURES);
    const rgba = new Uint8ClampedArray(count * pixels * 4);
    heap.withFloats(w, (from) =>
      heap.withAlloc(most * pixels * 16, (room) => {
        const bytes = room + most * pixels * 12;
        for (let first = 0; first < count; first += most) {
          const part = Math.min(most, count - first);
          heap.check(this.synthesiseAt(from + first * length * 4, part, perStage, room));
          module._ssd_images_to_rgba(room, part, imageSize, bytes);
          rgba.set(module.HEAPU8.subarray(bytes, bytes + part * pixels * 4), first * pixels * 4);
        }
      }),
    );
    return rgba;
  }

  /** @param {boolean} perStage @returns {number} numbers that make a picture */
  lengthOf(perStage) {
    return this.latentSize * (perStage ? this.styleCount : 1);
  }

  /** @param {number} from @param {number} count @param {boolean} perStage @param {number} to @returns {number} status */
  synthesiseAt(from, count, perStage, to) {
    const { module } = this.heap;
    return perStage && this.stages
      ? module._ssd_generator_synthesise_styles(this.pointer, from, count, to)
      : module._ssd_generator_synthesise(this.pointer, from, count, to);
  }

  /** The w of the typical face, to which truncation leads. @returns {Float32Array} */
  typical() {
    return this.map(new Float32Array(this.latentSize), 0);
  }

  /**
   * The deviation of w along an axis on which it varies: the root mean square of its distance from the mean, over the root
   * of the number of such axes, counted as the participation ratio of the covariance C: (tr C)^2 / tr C^2, where tr C^2 is
   * the mean square of <x, y> for independent x and y. A trained mapping has 2 to 10 axes, w = z has all 100: there one
   * distance along one axis is a face that never comes.
   * @returns {number}
   */
  deviation() {
    const { latentSize: n } = this;
    const w = this.styles(Array.from({ length: DEVIATION_SAMPLES }, (_, seed) => seed));
    const mean = new Float64Array(n);
    w.forEach((x, i) => (mean[i % n] += x / DEVIATION_SAMPLES));
    w.forEach((x, i) => (w[i] = x - mean[i % n]));
    const product = (/** @type {number} */ a, /** @type {number} */ b) => {
      let sum = 0;
      for (let l = 0; l < n; l++) sum += w[a * n + l] * w[b * n + l];
      return sum;
    };
    let [trace, squares] = [0, 0];
    for (let a = 0; a < DEVIATION_SAMPLES; a++) {
      trace += product(a, a);
      for (let k = 1; k <= DEVIATION_PAIRS; k++)
        squares += product(a, (a + k) % DEVIATION_SAMPLES) ** 2 / DEVIATION_PAIRS;
    }
    return Math.sqrt(squares / Math.max(trace, Number.MIN_VALUE));
  }

  /**
   * SeFa's directions of w, the ones that change the picture most first: unit vectors, one after the other.
   * @param {number[]} [stages] whose AdaIN layers decide; all
   * @returns {{eigenvalues: number[], vectors: Float32Array}}
   */
  directions(stages) {
    const { heap, latentSize: n } = this;
    const chosen = (stages ?? Array.from({ length: this.stages }, (_, i) => i)).reduce((sum, i) => sum | (1 << i), 0);
    return heap.withAlloc(n * 8 + n * n * 4, (out) => {
      heap.check(heap.module._ssd_generator_directions(this.pointer, chosen, out, out + n * 8));
      return { eigenvalues: heap.doubles(out, n), vectors: heap.floats(out + n * 8, n * n) };
    });
  }

  /** @returns {SsdganError} for tools that need stages */
  noStyles() {
    const why = 'this model has no styles (it is a DCGAN, or was trained without AdaIN)';
    return new SsdganError('unsupported', `${why}: use a model with AdaIN`);
  }

  /** The pictures of these seeds. @param {number[]} seeds @param {number} psi @returns {Float32Array} */
  generate(seeds, psi = 1) {
    return this.synthesise(this.styles(seeds, psi));
  }

  /** The same as bytes. @param {number[]} seeds @param {number} psi */
  generateRgba(seeds, psi = 1) {
    return this.synthesiseRgba(this.styles(seeds, psi));
  }

  /** The styles of these seeds, N x latentSize. @param {number[]} seeds @param {number} psi @returns {Float32Array} */
  styles(seeds, psi = 1) {
    return this.map(this.latents(seeds), psi);
  }

  /** The latents of these seeds, N x latentSize. @param {number[]} seeds @returns {Float32Array} */
  latents(seeds) {
    return latentsOf(this.heap, seeds, this.latentSize);
  }

  dispose() {
    if (this.owned) this.heap.module._ssd_generator_destroy(this.pointer);
    this.pointer = 0;
  }
}
