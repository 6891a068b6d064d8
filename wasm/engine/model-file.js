/** The generator's tensors in a file: a model, or a checkpoint, which has more than one generator in it. */

/** @typedef {import('./safetensors.js').Tensor} Tensor */
/** @typedef {{tensors: Record<string, Tensor>, metadata: Record<string, string>}} File what readSafetensors gives */

/**
 * The generator alone, under its own names: of a checkpoint the average, where it has one.
 * @param {File} file @returns {File} a model
 */
export function modelIn({ tensors, metadata }) {
  const names = Object.keys(tensors);
  const prefix = ['average.', 'generator.'].find((start) => names.some((name) => name.startsWith(start))) ?? '';
  const isOfGenerator = (/** @type {string} */ name) =>
    prefix ? name.startsWith(prefix) : metadata.format !== 'ssdgan-checkpoint' && !name.startsWith('discriminator.');
  return {
    tensors: Object.fromEntries(names.filter(isOfGenerator).map((name) => [name.slice(prefix.length), tensors[name]])),
    metadata: { ...metadata, format: metadata.format === 'ssdgan-checkpoint' ? 'ssdgan-model' : metadata.format },
  };
}
