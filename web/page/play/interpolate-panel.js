/** Panel 4: interpolates between picked and projected faces (slider, play, GIF), and mixes them. */
import { byId, button, canvas, download, drawGrid, element } from '../draw.js';
import { saveVideo } from '../save-video.js';
import { size as bytesOf, t, tell } from '../words.js';
import { Mixer } from './mix.js';
import { Projector } from './projector.js';

const FRAMES_A_LEG = 40;
const FRAME_MS = 50;
/** Of a video, in pixels. */
const VIDEO_SIDE = 512;
const MOST_KEYS = 12;

/** @typedef {import('./mix.js').Key} Key */

export class InterpolatePanel {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    /** @type {(face: HTMLCanvasElement, label: string) => void} */
    this.onPick = () => {};
    /** @type {Key[]} */
    this.keys = [];
    /** @type {{size: number, rgba: Uint8ClampedArray, frames: number, loop: boolean} | null} */
    this.interpolation = null;
    this.playing = false;
    const slider = element('interpolate-slider', HTMLInputElement);
    slider.oninput = () => {
      this.stop();
      this.showFrame(Number(slider.value));
    };
    button('interpolate-play').onclick = () => (this.playing ? this.stop() : this.play());
    button('unpick').onclick = () => this.clear();
    button('save-gif').onclick = () => this.saveGif();
    for (const id of ['interpolate-space', 'interpolate-ease'])
      element(id, HTMLSelectElement).onchange = () => this.find();
    element('interpolate-loop', HTMLInputElement).onchange = () => this.find();
    /** @param {Key} key @param {{size: number, rgba: Uint8ClampedArray}} picture */
    const pick = (key, picture) => this.pick(key, picture);
    button('save-video').onclick = () => this.saveVideo();
    app.watchModel(() => this.clear(false));
    tell(byId('interpolate-state'), () => t('interpolate.pick'));
    this.mixer = new Mixer(app, () => this.keys, pick);
    this.projector = new Projector(app, pick);
  }

  /** Keeps the picked faces of the project's own model with it. */
  keep() {
    const { app } = this;
    if (app.project === null || app.isReadOnly || app.source !== 'run') return;
    // Arrays become JSON, typed arrays do not.
    const plain = (/** @type {Key} */ { face, label }) => ({
      face: face.styles ? { styles: Array.from(face.styles) } : face,
      label,
    });
    app.client.request('project.favour', { favourites: this.keys.map(plain) }).catch(() => {}); // they are a convenience
  }

  /** Picks the faces that a project keeps. @param {Key[]} favourites */
  async restore(favourites) {
    this.clear(false);
    for (const { face, label } of favourites)
      await this.pick({ face: face.styles ? { styles: Float32Array.from(face.styles) } : face, label });
  }

  /** @param {boolean} keep that none is picked */
  clear(keep = true) {
    this.stop();
    this.keys = [];
    this.interpolation = null;
    byId('picked').replaceChildren();
    byId('player').hidden = true;
    tell(byId('interpolate-state'), () => t('interpolate.pick'));
    this.mixer.show();
    if (keep) this.keep();
  }

  /** @param {Key} key @param {{size: number, rgba: Uint8ClampedArray}} [picture] its face, if it is at hand */
  pick(key, picture) {
    return this.app.attempt('interpolate-state', async () => {
      if (this.keys.length >= MOST_KEYS) {
        tell(byId('interpolate-state'), () => t('interpolate.most', { n: MOST_KEYS }));
        return;
      }
      const { size, rgba } =
        picture ?? (await this.app.client.request('generate', { faces: [key.face], source: this.app.source }));
      const face = document.createElement('canvas');
      face.width = face.height = size;
      face.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), size, size), 0, 0);
      const chip = document.createElement('button');
      chip.type = 'button';
      chip.title = t('interpolate.remove', { name: key.label });
      const name = document.createElement('span');
      name.textContent = key.label;
      chip.append(face, name);
      const item = document.createElement('li');
      item.append(chip);
      chip.onclick = () => {
        this.keys.splice([...byId('picked').children].indexOf(item), 1);
        item.remove();
        this.keep();
        this.find();
      };
      byId('picked').append(item);
      this.keys.push(key);
      this.onPick(face, key.label);
      this.keep();
      await this.find();
    });
  }

  /** Asks for the frames. */
  async find() {
    this.stop();
    this.mixer.show();
    if (this.keys.length < 2) {
      byId('player').hidden = true;
      tell(byId('interpolate-state'), () => t(this.keys.length ? 'interpolate.one-more' : 'interpolate.pick'));
      return;
    }
    await this.app.attempt('interpolate-state', async () => {
      byId('player').hidden = false;
      const request = this.request(1);
      const { frames, loop } = request;
      this.interpolation = { ...(await this.app.client.request('interpolate', request)), loop };
      const n = this.keys.length;
      tell(byId('interpolate-state'), () => t('interpolate.frames', { n, frames }));
      element('interpolate-slider', HTMLInputElement).max = String(frames - 1);
      this.showFrame(0);
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches) this.play();
    });
  }

  /** @param {number} times as many frames as the page shows */
  request(times) {
    const loop = element('interpolate-loop', HTMLInputElement).checked;
    const frames = times * FRAMES_A_LEG * (this.keys.length - (loop ? 0 : 1)) + (loop ? 0 : 1);
    const [space, ease] = ['interpolate-space', 'interpolate-ease'].map((id) => element(id, HTMLSelectElement).value);
    return { faces: this.keys.map(({ face }) => face), space, frames, loop, ease, source: this.app.source };
  }

  /** @param {number} index */
  showFrame(index) {
    if (!this.interpolation) return;
    const { size, rgba } = this.interpolation;
    const target = canvas('interpolate-canvas');
    if (target.width !== size) target.width = target.height = size;
    const bytes = size * size * 4;
    const frame = new ImageData(new Uint8ClampedArray(rgba.subarray(index * bytes, (index + 1) * bytes)), size, size);
    target.getContext('2d')?.putImageData(frame, 0, 0);
    element('interpolate-slider', HTMLInputElement).value = String(index);
  }

  /** A loop plays round and round; anything else plays forwards and backwards in turn. */
  play() {
    this.playing = true;
    tell(button('interpolate-play'), () => t('interpolate.stop'));
    const began = performance.now() - Number(element('interpolate-slider', HTMLInputElement).value) * FRAME_MS;
    const frame = () => {
      if (!this.playing || !this.interpolation) return;
      const { frames, loop } = this.interpolation;
      const last = frames - 1;
      const at = Math.floor((performance.now() - began) / FRAME_MS) % (loop ? frames : 2 * last);
      this.showFrame(at > last ? 2 * last - at : at);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  stop() {
    this.playing = false;
    tell(button('interpolate-play'), () => t('interpolate.play'));
  }

  /** At three times the frames of the page, enlarged smoothly. */
  saveVideo() {
    return this.app.attempt('interpolate-state', async () => {
      if (!this.interpolation) return;
      const wanted = this.request(3);
      const { rgba, size } = await this.app.client.request('interpolate', wanted);
      const small = document.createElement('canvas');
      const bytes = size * size * 4;
      const draw = (/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ i) => {
        drawGrid(small, rgba.subarray(i * bytes, (i + 1) * bytes), size, 1, 0);
        context.imageSmoothingQuality = 'high';
        context.drawImage(small, 0, 0, VIDEO_SIDE, VIDEO_SIDE);
      };
      const options = { side: VIDEO_SIDE, rate: 3000 / FRAME_MS };
      const length = await saveVideo('interpolation', wanted.frames, draw, options);
      tell(byId('interpolate-state'), () => t('interpolate.video-saved', { n: wanted.frames, size: bytesOf(length) }));
    });
  }

  saveGif() {
    return this.app.attempt('interpolate-state', async () => {
      if (!this.interpolation) return;
      const { rgba, size } = this.interpolation;
      const { bytes } = await this.app.client.request('gif', {
        rgba,
        size,
        delay: FRAME_MS,
        scale: size < 128 ? 4 : 2,
      });
      download(bytes, 'interpolation.gif');
    });
  }
}
