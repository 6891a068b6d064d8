/** The model as ONNX, beside its download: the encoder comes with the worker's answer. */
import { button, byId, download, element } from '../draw.js';
import { size as bytesOf, t, tell } from '../words.js';

export class OnnxExport {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    button('save-onnx').onclick = () => this.save();
    app.watch(() => this.show());
  }

  show() {
    button('save-onnx').disabled = !this.app.canGenerate;
  }

  save() {
    return this.app.attempt('onnx-state', async () => {
      const input = element('onnx-input', HTMLSelectElement).value;
      const isUint8 = element('onnx-uint8', HTMLInputElement).checked;
      const { bytes } = await this.app.client.request('onnx', { source: this.app.source, input, isUint8 });
      download(bytes, 'model.onnx');
      tell(byId('onnx-state'), () => t('make.saved-onnx', { size: bytesOf(bytes.length) }));
    });
  }
}
