/** Panels 3 and 4, which come when the page can train: make faces, morph and mix them. */
import { byId, canvas } from '../draw.js';
import { fillPage, onWords, t, takeLaterWords } from '../words.js';
import { Compare } from './compare.js';
import { FaceGrid } from './face-grid.js';
import { Favourites } from './favourites.js';
import { InterpolatePanel } from './interpolate-panel.js';
import interpolateHtml from './interpolate.html?raw';
import { plain } from './keys.js';
import { Link } from './link.js';
import { MakePanel } from './make-panel.js';
import makeHtml from './make.html?raw';
import { OnnxExport } from './onnx-export.js';
import { Outputs } from './outputs.js';
import './play.css';

/** The live grid: 8 x 8 faces, of the seeds 0 to 63. */
const LIVE = { size: 64, columns: 8, count: 64 };

/** @param {number} seed */
const nameOf = (seed) => t('face.seed', { seed: String(seed) });

/** A face that a link can hold: not one of a photo or a mixture. @param {import('./keys.js').Key} key @returns {import('./view-text.js').SeedFace[]} */
const asSeed = ({ face }) => (face.styles ? [] : [face]);

/** Puts a panel's controls under its title. @param {string} id @param {string} html */
function fill(id, html) {
  const panel = byId(id);
  panel.insertAdjacentHTML('beforeend', html);
  fillPage(panel);
}

/** Gives the live grid's faces names, and arrow keys between them. */
function nameLiveFaces() {
  const grid = new FaceGrid(canvas('grid'));
  const show = () => grid.show({ ...LIVE, nameOf });
  show();
  onWords(show);
}

/**
 * @param {import('../app.js').App} app
 * @param {(metadata: Record<string, string>) => Promise<void>} onRun a checkpoint was loaded
 */
export async function openPlay(app, onRun) {
  await takeLaterWords();
  fill('make', makeHtml);
  fill('interpolate', interpolateHtml);

  /** What a project keeps is shown. @type {Promise<unknown>} */
  let restored = Promise.resolve();

  /** Keeps what was chosen of the project's own model with it. */
  const keep = async () => {
    if (app.project === null || app.isReadOnly || app.source !== 'run') return;
    const chosen = { favourites: favourites.keys.map(plain), keyframes: interpolate.keys.map(plain) };
    await app.client.request('project.favour', chosen).catch(() => {}); // they are a convenience
  };
  const interpolate = new InterpolatePanel(app, {
    choose: (key, picture) => favourites.choose(key, picture),
    keep,
  });
  const favourites = new Favourites(app, { pick: (key, picture) => interpolate.pick(key, picture), keep });
  const make = new MakePanel(app, (key, picture) => interpolate.pick(key, picture), onRun);
  new Outputs(
    app,
    () => favourites.chosen,
    () => make.made,
  );
  const compare = new Compare(app, () => make.made);
  const link = new Link(app, {
    view: () => make.made && { ...make.view, ...interpolate.way, keys: interpolate.keys.flatMap(asSeed) },
    async show({ keys, space, ease, loop, ...view }, isOwn) {
      make.view = view;
      interpolate.way = { space, ease, loop };
      await make.generate();
      await restored.catch(() => {}); // the link comes after what a project keeps, which may have faces of photos too
      const isThere =
        (isOwn && interpolate.keys.length > 0) ||
        JSON.stringify(interpolate.keys.flatMap(asSeed)) === JSON.stringify(keys);
      await (isThere
        ? interpolate.find()
        : interpolate.restore(keys.map((face) => ({ face, label: nameOf(face.seed) }))));
    },
    leftOut: () => interpolate.keys.length - interpolate.keys.flatMap(asSeed).length,
  });
  make.watchers.push(
    () => compare.show(),
    () => link.changed(),
    () => make.directions.load(),
  );
  interpolate.onChange = () => link.changed();
  nameLiveFaces();
  make.show();
  new OnnxExport(app).show();
  link.open();
  return {
    make,
    interpolate,
    /** A face of another grid, as Make faces would make it. @param {number} seed */
    pickSeed: (seed) => interpolate.pick({ face: { seed, psis: make.psis }, label: nameOf(seed) }),
    /** What a project keeps; of another model nothing. @param {{favourites: import('./keys.js').Key[], keyframes: import('./keys.js').Key[]}} kept */
    restore(kept) {
      const isOwn = app.source === 'run';
      restored = Promise.all([
        favourites.restore(isOwn ? kept.favourites : []),
        interpolate.restore(isOwn ? kept.keyframes : []),
      ]);
      return restored;
    },
    /** Another project. */
    clear() {
      favourites.clear();
      interpolate.clear(false);
    },
  };
}
