/** Models as ONNX: fetched when it is asked for. */
import { modelIn } from '../../wasm/engine/model-file.js';
import { onnxOf } from '../../wasm/engine/onnx.js';
import { readSafetensors } from '../../wasm/engine/safetensors.js';

/** @param {Uint8Array} bytes a model or a checkpoint @param {Parameters<typeof onnxOf>[1]} options @returns {Uint8Array} */
export const onnxFrom = (bytes, options) => onnxOf(modelIn(readSafetensors(bytes)), options);
