/** A generator: latents to styles to pictures. */

/** @typedef {import('./bridge.js').Bridge} Bridge */

/** Pictures that are turned into bytes at once: a multiple of the core's batch of 16. */
const RGBA_PICTURES = 64;

export class Generator {
  /** @param {Bridge} bridge @param {number} pointer @param {boolean} owned a trainer's generator is only lent */
  constructor(bridge, pointer, owned) {
    const { module } = bridge;
    this.bridge = bridge;
    this.pointer = pointer;
    this.owned = owned;
    /** @type {number} */
    this.imageSize = module._ssd_generator_image_size(pointer);
    /** @type {number} */
    this.latentSize = module._ssd_generator_latent_size(pointer);
    /** @type {boolean} false for a DCGAN, whose w is z itself */
    this.hasMapping = module._ssd_generator_has_mapping(pointer) !== 0;
    /** @type {number} */
    this.parameterCount = module._ssd_generator_parameter_count(pointer);
  }

  /** z (N x latentSize) to w, truncated by psi. @param {Float32Array} z @param {number} psi @returns {Float32Array} */
  map(z, psi = 1) {
    const { bridge } = this;
    return bridge.withFloats(z, (pointer) => {
      const count = z.length / this.latentSize;
      bridge.check(bridge.module._ssd_generator_map(this.pointer, pointer, count, psi, pointer));
      return bridge.floats(pointer, z.length);
    });
  }

  /** w (N x latentSize) to pictures, N x 3 x H x W in [-1, 1]. @param {Float32Array} w @returns {Float32Array} */
  synthesise(w) {
    const { bridge } = this;
    const count = w.length / this.latentSize;
    const floats = count * 3 * this.imageSize * this.imageSize;
    return bridge.withFloats(w, (from) =>
      bridge.withRoom(floats * 4, (to) => {
        bridge.check(bridge.module._ssd_generator_synthesise(this.pointer, from, count, to));
        return bridge.floats(to, floats);
      }),
    );
  }

  /**
   * w (N x latentSize) to pictures as bytes, N x H x W x 4: the floats stay in the module's memory, a few pictures at a
   * time, and the bytes are copied once, into a buffer of their own that can be transferred.
   * @param {Float32Array} w
   * @returns {Uint8ClampedArray<ArrayBuffer>}
   */
  synthesiseRgba(w) {
    const { bridge, imageSize, latentSize } = this;
    const { module } = bridge;
    const count = w.length / latentSize;
    const pixels = imageSize * imageSize;
    const most = Math.min(count, RGBA_PICTURES);
    const rgba = new Uint8ClampedArray(count * pixels * 4);
    bridge.withFloats(w, (from) =>
      bridge.withRoom(most * pixels * 16, (room) => {
        const bytes = room + most * pixels * 12;
        for (let first = 0; first < count; first += most) {
          const part = Math.min(most, count - first);
          const styles = from + first * latentSize * 4;
          bridge.check(module._ssd_generator_synthesise(this.pointer, styles, part, room));
          module._ssd_images_to_rgba(room, part, imageSize, bytes);
          rgba.set(module.HEAPU8.subarray(bytes, bytes + part * pixels * 4), first * pixels * 4);
        }
      }),
    );
    return rgba;
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
    const { bridge, latentSize } = this;
    const z = new Float32Array(seeds.length * latentSize);
    bridge.withRoom(latentSize * 4, (out) =>
      seeds.forEach((seed, i) => {
        bridge.module._ssd_latent(seed, latentSize, out);
        z.set(bridge.floats(out, latentSize), i * latentSize);
      }),
    );
    return this.map(z, psi);
  }

  dispose() {
    if (this.owned) this.bridge.module._ssd_generator_destroy(this.pointer);
    this.pointer = 0;
  }
}
