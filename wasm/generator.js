/** A generator: latents to styles to pictures. */

/** @typedef {import('./bridge.js').Bridge} Bridge */

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

  /** The pictures of these seeds. @param {number[]} seeds @param {number} psi @returns {Float32Array} */
  generate(seeds, psi = 1) {
    const { bridge, latentSize } = this;
    const z = new Float32Array(seeds.length * latentSize);
    bridge.withRoom(latentSize * 4, (out) =>
      seeds.forEach((seed, i) => {
        bridge.module._ssd_latent(seed, latentSize, out);
        z.set(bridge.floats(out, latentSize), i * latentSize);
      }),
    );
    return this.synthesise(this.map(z, psi));
  }

  dispose() {
    if (this.owned) this.bridge.module._ssd_generator_destroy(this.pointer);
    this.pointer = 0;
  }
}
