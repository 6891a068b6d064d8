/** A generator as an ONNX file, of standard operators: for onnxruntime, Netron, browsers, and tools that compute scores. */
import { SsdganError } from '../module/heap.js';
import { FLOAT, Graph, UINT8 } from './onnx-file.js';
import { halvesOf } from './safetensors.js';

/** @typedef {import('./safetensors.js').Tensor} Tensor */
/** @typedef {'z' | 'w' | 'w+'} Input z: N x L latents; w: N x L styles; w+: N x stages x L, a style for each stage */

/** The epsilon of every norm (src/nn/norm.h), and that of PyTorch's division by a length. */
const EPSILON = 1e-5;
const LENGTH_EPSILON = 1e-12;
const SLOPE = 0.2;

class GeneratorGraph {
  /** @param {Record<string, Tensor>} tensors @param {Record<string, string>} metadata @param {boolean} isHalf weights as float16 */
  constructor(tensors, metadata, isHalf) {
    this.graph = new Graph();
    this.isHalf = isHalf;
    /** @type {Set<string>} weights that are in the graph, where they are float16 */
    this.cast = new Set();
    this.tensors = tensors;
    this.isOn = (/** @type {string} */ name) => metadata[name] === '1';
    this.metadata = metadata;
    this.isDcgan = metadata.model === 'dcgan';
    this.latent = Number(metadata.latent_size);
    this.stages = Math.log2(Number(metadata.image_size)) - 2;
    this.hasStyles = !this.isDcgan && this.isOn('adain');
  }

  /** @param {string} name @returns {Tensor} */
  tensor(name) {
    const found = this.tensors[name];
    if (!found) throw new SsdganError('bad_file', `the model has no tensor ${name}`);
    return found;
  }

  /** @param {string} name of a tensor @returns {string} a constant */
  weight(name) {
    const { data, shape } = this.tensor(name);
    if (!this.isHalf) return this.graph.constant(name, shape, data);
    if (this.cast.has(name)) return name; // a shared layer's
    this.cast.add(name);
    // The networks compute with float32: what is stored is half the size, and runtimes widen it once, when they load it.
    const half = this.graph.constant(`${name}.half`, shape, halvesOf(name, data));
    return this.graph.node('Cast', [half], name, { to: FLOAT });
  }

  /** @param {string} x @param {string} layer @param {string} output */
  linear(x, layer, output) {
    const inputs = [x, this.weight(`${layer}.weight`), this.weight(`${layer}.bias`)];
    return this.graph.node('Gemm', inputs, output, { transB: 1 });
  }

  /** z -> w. */
  mapping() {
    const { graph, latent } = this;
    const length = graph.node('ReduceL2', ['z'], 'length', { axes: [1], keepdims: 1 });
    const least = graph.node(
      'Max',
      [length, graph.constant('least', [], Float32Array.of(LENGTH_EPSILON))],
      'length.least',
    );
    let x = graph.node('Div', ['z', least], 'direction');
    const scale = this.isOn('pixel_norm') ? Math.sqrt(latent) : 1;
    x = graph.node('Mul', [x, graph.constant('scale', [], Float32Array.of(scale))], 'normalised');
    const isShared = this.isOn('shared_mapping');
    for (let i = 0; i < Number(this.metadata.mapping_layers); i++) {
      const layer = isShared ? 'mapper.linear' : `mapper.${i}`;
      x = this.linear(x, layer, `mapper.${i}.output`);
      x = graph.node('LeakyRelu', [x], `mapper.${i}.activation`, { alpha: { float: SLOPE } });
    }
    return this.isOn('w_norm') ? this.normalised(x) : x;
  }

  /** Mean 0 and variance 1. @param {string} x */
  normalised(x) {
    const [mean, variance] = ['mean', 'var'].map((name) => this.tensor(`mapper.norm.running_${name}`).data);
    const factors = variance.map((value) => 1 / Math.sqrt(value + EPSILON));
    const { graph, latent } = this;
    const centred = graph.node('Sub', [x, graph.constant('w.mean', [latent], mean)], 'w.centred');
    return graph.node('Mul', [centred, graph.constant('w.factors', [latent], factors)], 'w.normalised');
  }

  /** The styles of the stages, from the input. @param {Input} input @returns {string[]} */
  styles(input) {
    const { graph, stages } = this;
    if (input === 'w+') {
      const axis = graph.constant('stage.axis', [1], BigInt64Array.of(1n));
      return Array.from({ length: stages }, (_, i) => {
        const at = [i, i + 1].map((k) => graph.constant(`stage.${k}`, [1], BigInt64Array.of(BigInt(k))));
        const one = graph.node('Slice', ['w+', ...at, axis], `w.${i + 1}.slice`);
        return graph.node('Squeeze', [one, axis], `w.${i + 1}`);
      });
    }
    const w = input === 'w' ? 'w' : this.isDcgan ? 'z' : this.mapping();
    return Array.from({ length: stages }, () => w);
  }

  /** N x C to N x C x 1 x 1. @param {string} x @param {string} output */
  asPixel(x, output) {
    return this.graph.node('Unsqueeze', [x, this.graph.constant('pixel.axes', [2], BigInt64Array.of(2n, 3n))], output);
  }

  /** Layer i from 1. @param {number} i @returns {{name: string, isTransposed: boolean, channels: number}} name: of its weights; channels: that it makes */
  convolution(i) {
    const name = this.isDcgan ? `model.${3 * (i - 1)}.weight` : `conv_l${i}.weight`;
    const isTransposed = i === 1 || this.isDcgan || this.metadata.upsampling === 'transposed';
    return { name, isTransposed, channels: this.tensor(name).shape[isTransposed ? 1 : 0] };
  }

  /** Layer i from 1: a convolution, of twice the size from the second on. @param {number} i @param {string} x */
  layer(i, x) {
    const { graph, metadata } = this;
    const { name, isTransposed, channels } = this.convolution(i);
    const output = `layer.${i}`;
    if (isTransposed) {
      /** @type {Record<string, number[]>} */
      const twice = i === 1 ? {} : { strides: [2, 2], pads: [1, 1, 1, 1] };
      return graph.node('ConvTranspose', [x, this.weight(name)], output, { kernel_shape: [4, 4], ...twice });
    }
    const scales = graph.constant('twice', [4], Float32Array.of(1, 1, 2, 2));
    const larger = graph.node(
      'Resize',
      [x, graph.constant('roi', [0], new Float32Array()), scales],
      `${output}.larger`,
      {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      },
    );
    const padded = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    const weight = this.weight(name);
    if (metadata.upsampling === 'nearest') return graph.node('Conv', [larger, weight], output, padded);
    const sharp = graph.node('Conv', [larger, weight], `${output}.sharp`, padded);
    const row = [1 / 4, 1 / 2, 1 / 4];
    const one = row.flatMap((a) => row.map((b) => a * b));
    const blur = Float32Array.from({ length: 9 * channels }, (_, k) => one[k % 9]);
    const inputs = [sharp, graph.constant(`${output}.blur`, [channels, 1, 3, 3], blur)];
    return graph.node('Conv', inputs, output, { ...padded, group: channels });
  }

  /** @param {number} i @param {string} x @returns {string} */
  norm(i, x) {
    const { graph } = this;
    const { channels } = this.convolution(i);
    const output = `norm.${i}`;
    const all = (/** @type {string} */ name, /** @type {number} */ value) =>
      graph.constant(`${output}.${name}`, [channels], new Float32Array(channels).fill(value));
    const attributes = { epsilon: { float: EPSILON } };
    if (this.hasStyles && this.metadata.g_norm === 'instance')
      return graph.node('InstanceNormalization', [x, all('scale', 1), all('bias', 0)], output, attributes);
    const name = this.isDcgan ? `model.${3 * (i - 1) + 1}` : `bn_l${i}`;
    const [scale, bias] = this.hasStyles
      ? [all('scale', 1), all('bias', 0)]
      : [this.weight(`${name}.weight`), this.weight(`${name}.bias`)];
    const statistics = ['running_mean', 'running_var'].map((which) => this.weight(`${name}.${which}`));
    return graph.node('BatchNormalization', [x, scale, bias, ...statistics], output, attributes);
  }

  /** @param {Input} input @returns {string} N x 3 x S x S from -1 to 1 */
  picture(input) {
    const { graph, stages } = this;
    const styles = this.styles(input);
    const isConstant = this.hasStyles && this.metadata.first_input === 'constant';
    let x = isConstant
      ? graph.constant('starting_const', [1, this.latent, 1, 1], this.tensor('starting_const').data)
      : this.asPixel(styles[0], 'first');
    for (let i = 1; i <= stages; i++) {
      x = this.norm(i, this.layer(i, x));
      if (this.hasStyles) {
        const [scale, bias] = ['scale', 'bias'].map((which) =>
          this.asPixel(
            this.linear(styles[i - 1], `ada_l${i}.style_${which}`, `style.${i}.${which}`),
            `style.${i}.${which}.pixel`,
          ),
        );
        x = graph.node('Add', [graph.node('Mul', [x, scale], `style.${i}.scaled`), bias], `style.${i}`);
      }
      x = graph.node('Relu', [x], `relu.${i}`);
    }
    return this.layer(stages + 1, x);
  }
}

/**
 * A generator as ONNX, opset 13. Output: `images`, N x 3 x S x S from -1 to 1.
 * @param {{tensors: Record<string, Tensor>, metadata: Record<string, string>}} model what readSafetensors gives of a model
 * @param {{input?: Input, isUint8?: boolean, isHalf?: boolean}} options isUint8: whole levels from 0 to 255 instead, as tools for
 *   FID take them; isHalf: weights stored as float16, half the size
 * @returns {Uint8Array}
 */
export function onnxOf({ tensors, metadata }, { input = 'z', isUint8 = false, isHalf = false } = {}) {
  if (metadata.format !== 'ssdgan-model') throw new SsdganError('bad_file', 'this is no model of ssdgan');
  if (metadata.noise === '1')
    throw new SsdganError('bad_argument', 'this model adds noise to its layers, which an ONNX file cannot draw');
  const model = new GeneratorGraph(tensors, metadata, isHalf);
  if (input !== 'z' && !model.hasStyles)
    throw new SsdganError('bad_argument', `this model has no styles: its input is z, not ${input}`);
  const { graph, latent, stages } = model;
  const size = Number(metadata.image_size);
  const last = model.picture(input);
  if (isUint8) {
    const constant = (/** @type {string} */ name, /** @type {number} */ value) =>
      graph.constant(name, [], Float32Array.of(value));
    const tanh = graph.node('Tanh', [last], 'tanh');
    const levels = graph.node(
      'Mul',
      [graph.node('Add', [tanh, constant('one', 1)], 'above'), constant('half', 127.5)],
      'levels',
    );
    const rounded = graph.node('Round', [levels], 'rounded');
    const inside = graph.node('Clip', [rounded, constant('black', 0), constant('white', 255)], 'inside');
    graph.node('Cast', [inside], 'images', { to: UINT8 });
  } else {
    graph.node('Tanh', [last], 'images');
  }
  const shape = input === 'w+' ? ['N', stages, latent] : ['N', latent];
  return graph.file(
    'generator',
    { name: input, type: FLOAT, shape },
    { name: 'images', type: isUint8 ? UINT8 : FLOAT, shape: ['N', 3, size, size] },
    {
      producer: 'ssdgan',
      version: metadata.version,
      about: `${input} to pictures of ${size} x ${size} pixels. z: normal numbers, a row of ${latent} each.`,
      metadata,
    },
  );
}
