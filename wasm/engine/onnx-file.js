/** Writes ONNX files: the few messages of onnx.proto that a network needs, in the wire format of Protocol Buffers. */

/** Element types of TensorProto. */
export const FLOAT = 1;
export const UINT8 = 2;
const INT64 = 7;
const FLOAT16 = 10;
/** Types of AttributeProto. */
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 };
/** Opset 13 is understood by every runtime since 2021; ir_version 7 came with it. */
const IR_VERSION = 7;
const OPSET = 13;

const utf8 = new TextEncoder();

/** @param {number | bigint} value @returns {number[]} as a varint; negative ones take ten bytes */
function varint(value) {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** @param {Uint8Array[]} parts @returns {Uint8Array<ArrayBuffer>} */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
}

/** @param {number} field @param {number | bigint} value */
const whole = (field, value) => Uint8Array.from([...varint(field << 3), ...varint(value)]);

/** @param {number} field @param {Uint8Array} bytes */
const bytesField = (field, bytes) =>
  joined([Uint8Array.from([...varint((field << 3) | 2), ...varint(bytes.length)]), bytes]);

/** @param {number} field @param {string} value */
const text = (field, value) => bytesField(field, utf8.encode(value));

/** @param {number} field @param {Uint8Array[]} parts of a message */
const message = (field, parts) => bytesField(field, joined(parts));

/** @param {number} field @param {number} value */
const float = (field, value) =>
  joined([Uint8Array.from(varint((field << 3) | 5)), new Uint8Array(Float32Array.of(value).buffer)]);

/** @typedef {number | string | number[] | {float: number}} AttributeValue numbers are whole, unless {float} */

/** @param {string} name @param {AttributeValue} value @returns {Uint8Array} a field of NodeProto */
function attribute(name, value) {
  const parts = [text(1, name)];
  if (typeof value === 'string') parts.push(text(4, value), whole(20, ATTRIBUTE.string));
  else if (typeof value === 'number') parts.push(whole(3, value), whole(20, ATTRIBUTE.int));
  else if (Array.isArray(value)) parts.push(...value.map((one) => whole(8, one)), whole(20, ATTRIBUTE.ints));
  else parts.push(float(2, value.float), whole(20, ATTRIBUTE.float));
  return message(5, parts);
}

/** @typedef {{name: string, type: number, shape: (number | string)[]}} Value shape: a string names a size that is free */

/** @param {number} field @param {Value} value */
const valueInfo = (field, { name, type, shape }) =>
  message(field, [
    text(1, name),
    message(2, [
      message(1, [
        whole(1, type),
        message(
          2,
          shape.map((size) => message(1, [typeof size === 'string' ? text(2, size) : whole(1, size)])),
        ),
      ]),
    ]),
  ]);

/** A graph under construction: its nodes in the order of their computation, and its constants. */
export class Graph {
  constructor() {
    /** @type {Uint8Array[]} */
    this.nodes = [];
    /** @type {Map<string, Uint8Array>} */
    this.constants = new Map();
  }

  /**
   * @param {string} operator @param {string[]} inputs @param {string} output its name, and the node's
   * @param {Record<string, AttributeValue>} attributes
   * @returns {string} the output
   */
  node(operator, inputs, output, attributes = {}) {
    this.nodes.push(
      message(1, [
        ...inputs.map((name) => text(1, name)),
        text(2, output),
        text(3, output),
        text(4, operator),
        ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      ]),
    );
    return output;
  }

  /**
   * @param {string} name @param {number[]} shape
   * @param {Float32Array | BigInt64Array | Uint16Array} data Uint16Array: float16
   * @returns {string} the name
   */
  constant(name, shape, data) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const type = data instanceof Float32Array ? FLOAT : data instanceof Uint16Array ? FLOAT16 : INT64;
    this.constants.set(
      name,
      message(5, [...shape.map((size) => whole(1, size)), whole(2, type), text(8, name), bytesField(9, bytes)]),
    );
    return name;
  }

  /**
   * @param {string} name @param {Value} input @param {Value} output
   * @param {{producer: string, version: string, about: string, metadata: Record<string, string>}} file
   * @returns {Uint8Array} the file
   */
  file(name, input, output, { producer, version, about, metadata }) {
    return joined([
      whole(1, IR_VERSION),
      text(2, producer),
      text(3, version),
      text(6, about),
      message(7, [
        ...this.nodes,
        text(2, name),
        ...this.constants.values(),
        valueInfo(11, input),
        valueInfo(12, output),
      ]),
      message(8, [text(1, ''), whole(2, OPSET)]),
      ...Object.entries(metadata).map(([key, value]) => message(14, [text(1, key), text(2, value)])),
    ]);
  }
}
