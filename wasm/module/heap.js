/**
 * Access to the memory of the WebAssembly module: copies in and out, and status codes turned into errors. Views are made anew
 * at each use, because the memory may have grown since the last one.
 */

/**
 * What ssd_describe (include/ssdgan.h) says of a setting, and in all.
 * @typedef {{name: string, type: 'int' | 'float' | 'flag' | 'choice', default: number, min: number, max: number,
 *   choices: string[], group: string, network: boolean, live: boolean, basic: boolean, option: string, label: string,
 *   unit: string, help: string}} ConfigField
 * @typedef {{version: string, status: Record<string, number>, config: ConfigField[], groups: string[], stats: string[],
 *   scores: string[], features: string[], compare: string[]}} Description
 */

/** An error of the core: `code` is the status' name (bad_file, unsupported, out_of_memory, ...). */
export class SsdganError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'SsdganError';
    this.code = code;
  }
}

export class WasmHeap {
  /** @param {any} module an instance of the Emscripten module */
  constructor(module) {
    this.module = module;
    /** @type {Description} */
    this.describe = JSON.parse(this.text(module._ssd_describe()));
    /** @type {string[]} names by status number */
    this.statusNames = [];
    for (const [name, number] of Object.entries(this.describe.status)) this.statusNames[number] = name;
    this.context = 0;
  }

  /** @param {string} name of a setting @param {string | number | boolean} value @returns {number} a choice's name as its number */
  settingNumber(name, value) {
    const field = this.describe.config.find((f) => f.name === name);
    if (!field) throw new SsdganError('bad_argument', `there is no setting named "${name}"`);
    if (field.type !== 'choice' || typeof value !== 'string') return Number(value);
    const index = field.choices.indexOf(value);
    if (index >= 0) return index;
    throw new SsdganError('bad_argument', `${name} is "${value}", but must be one of ${field.choices.join(', ')}`);
  }

  /** @param {number} pointer @returns {string} */
  text(pointer) {
    return this.module.UTF8ToString(pointer);
  }

  /**
   * After a call in which other threads may have made the memory grow: Emscripten renews this thread's views only in its
   * own functions, of which this is one.
   */
  refreshViews() {
    this.text(this.module._ssd_version());
  }

  /** @param {number} status throws unless it is OK */
  check(status) {
    if (status !== 0) throw this.error(this.statusNames[status] ?? 'unknown');
  }

  /** @param {string} code @returns {SsdganError} with the core's sentence */
  error(code) {
    const sentence = this.context ? this.text(this.module._ssd_context_error(this.context)) : '';
    return new SsdganError(code, sentence || `the engine failed (${code})`);
  }

  /** @param {number} bytes @returns {number} */
  allocate(bytes) {
    // The module takes 32 bits of the number: 4 GB and a little more would be a little.
    const pointer = bytes < 2 ** 31 && this.module._malloc(Math.max(bytes, 16));
    if (!pointer) throw new SsdganError('out_of_memory', `not enough memory for ${(bytes / 1e6).toFixed(1)} MB`);
    return pointer >>> 0;
  }

  /**
   * Room for the length of a call.
   * @template T
   * @param {number} bytes
   * @param {(pointer: number) => T} body
   * @returns {T}
   */
  withAlloc(bytes, body) {
    const pointer = this.allocate(bytes);
    try {
      return body(pointer);
    } finally {
      this.module._free(pointer);
    }
  }

  /**
   * The bytes in the module's memory for the length of a call.
   * @template T
   * @param {Uint8Array | Uint8ClampedArray} bytes
   * @param {(pointer: number) => T} body
   * @returns {T}
   */
  withBytes(bytes, body) {
    return this.withAlloc(bytes.length, (pointer) => {
      this.module.HEAPU8.set(bytes, pointer);
      return body(pointer);
    });
  }

  /**
   * @template T
   * @param {Float32Array} floats
   * @param {(pointer: number) => T} body
   * @returns {T}
   */
  withFloats(floats, body) {
    return this.withAlloc(floats.length * 4, (pointer) => {
      this.module.HEAPF32.set(floats, pointer >>> 2);
      return body(pointer);
    });
  }

  /**
   * @template T
   * @param {string} string
   * @param {(pointer: number) => T} body
   * @returns {T}
   */
  withString(string, body) {
    const bytes = this.module.lengthBytesUTF8(string) + 1;
    return this.withAlloc(bytes, (pointer) => {
      this.module.stringToUTF8(string, pointer, bytes);
      return body(pointer);
    });
  }

  /** @param {number} pointer @param {number} count @returns {Uint8Array} a copy */
  bytes(pointer, count) {
    return this.module.HEAPU8.slice(pointer >>> 0, (pointer >>> 0) + count);
  }

  /** @param {number} pointer @param {number} count @returns {Float32Array} a copy */
  floats(pointer, count) {
    return this.module.HEAPF32.slice(pointer >>> 2, (pointer >>> 2) + count);
  }

  /** @param {number} pointer @param {number} count @returns {number[]} */
  doubles(pointer, count) {
    return Array.from(this.module.HEAPF64.subarray(pointer >>> 3, (pointer >>> 3) + count));
  }

  /** @param {number} pointer @returns {number} */
  word(pointer) {
    return this.module.HEAPU32[pointer >>> 2];
  }

  /**
   * Calls a C constructor of the form status f(..., T **out).
   * @param {(out: number) => number} call
   * @returns {number} the pointer
   */
  construct(call) {
    return this.withAlloc(4, (out) => {
      this.check(call(out));
      return this.word(out);
    });
  }
}
