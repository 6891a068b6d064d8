/** Panels 3 and 4, which come when the page can train: make faces, morph and mix them. */
import { byId } from '../draw.js';
import { fillPage, t, takeLaterWords } from '../words.js';
import { InterpolatePanel } from './interpolate-panel.js';
import interpolateHtml from './interpolate.html?raw';
import { MakePanel } from './make-panel.js';
import makeHtml from './make.html?raw';
import { OnnxExport } from './onnx-export.js';

/** Puts a panel's controls under its title. @param {string} id @param {string} html */
function fill(id, html) {
  const panel = byId(id);
  panel.insertAdjacentHTML('beforeend', html);
  fillPage(panel);
}

/**
 * @param {import('../app.js').App} app
 * @param {(metadata: Record<string, string>) => Promise<void>} onRun a checkpoint was loaded
 */
export async function openPlay(app, onRun) {
  await takeLaterWords();
  fill('make', makeHtml);
  fill('interpolate', interpolateHtml);
  const interpolate = new InterpolatePanel(app);
  const make = new MakePanel(app, (key, picture) => interpolate.pick(key, picture), onRun);
  interpolate.onPick = (face, label) => make.picked(face, label);
  make.show();
  new OnnxExport(app).show();
  return {
    make,
    interpolate,
    /** A face of another grid, as Make faces would make it. @param {number} seed */
    pickSeed: (seed) =>
      interpolate.pick({ face: { seed, psis: make.psis }, label: t('face.seed', { seed: String(seed) }) }),
  };
}
