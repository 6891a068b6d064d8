/** Panel 4: the way between picked faces: slider, play, GIF. */
import { any, button, canvas, download, element } from './draw.js';

const FRAMES_A_LEG = 40;
const FRAME_MS = 50;
const MOST_KEYS = 12;

export class MorphPanel {
  /** @param {import('./app.js').App} app @param {() => number} psi @param {(face: HTMLCanvasElement, seed: number) => void} onPick */
  constructor(app, psi, onPick) {
    this.app = app;
    this.psi = psi;
    this.onPick = onPick;
    /** @type {number[]} */
    this.seeds = [];
    /** @type {{size: number, rgba: Uint8ClampedArray, frames: number} | null} */
    this.way = null;
    this.playing = false;
    const slider = element('morph-slider', HTMLInputElement);
    slider.oninput = () => {
      this.stop();
      this.showFrame(Number(slider.value));
    };
    button('morph-play').onclick = () => (this.playing ? this.stop() : this.play());
    button('unpick').onclick = () => this.clear();
    button('save-gif').onclick = () => this.saveGif();
    element('morph-space', HTMLSelectElement).onchange = () => this.find();
  }

  clear() {
    this.stop();
    this.seeds = [];
    this.way = null;
    any('picked').replaceChildren();
    any('player').hidden = true;
    any('morph-state').textContent = 'Pick two or more faces above.';
  }

  /** @param {number} seed @param {{size: number, rgba: Uint8ClampedArray}} [picture] its face, if it is at hand */
  pick(seed, picture) {
    return this.app.attempt('morph-state', async () => {
      if (this.seeds.length >= MOST_KEYS) {
        any('morph-state').textContent = `${MOST_KEYS} faces are enough for one way. Clear to pick others.`;
        return;
      }
      const { size, rgba } =
        picture ??
        (await this.app.client.request('generate', { seeds: [seed], psi: this.psi(), source: this.app.source }));
      const face = document.createElement('canvas');
      face.width = face.height = size;
      face.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), size, size), 0, 0);
      const chip = document.createElement('button');
      chip.type = 'button';
      chip.title = 'Take this face out';
      chip.append(face, `seed ${seed}`);
      const item = document.createElement('li');
      item.append(chip);
      chip.onclick = () => {
        this.seeds.splice([...any('picked').children].indexOf(item), 1);
        item.remove();
        this.find();
      };
      any('picked').append(item);
      this.seeds.push(seed);
      this.onPick(face, seed);
      await this.find();
    });
  }

  /** Asks for the frames of the way. */
  async find() {
    this.stop();
    if (this.seeds.length < 2) {
      any('player').hidden = true;
      any('morph-state').textContent = this.seeds.length ? 'Pick one more face.' : 'Pick two or more faces above.';
      return;
    }
    await this.app.attempt('morph-state', async () => {
      const frames = FRAMES_A_LEG * (this.seeds.length - 1) + 1;
      const space = element('morph-space', HTMLSelectElement).value;
      const request = { seeds: this.seeds, space, frames, psi: this.psi(), loop: false, source: this.app.source };
      this.way = await this.app.client.request('walk', request);
      any('morph-state').textContent = `${this.seeds.length} faces, ${frames} frames.`;
      any('player').hidden = false;
      element('morph-slider', HTMLInputElement).max = String(frames - 1);
      this.showFrame(0);
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches) this.play();
    });
  }

  /** @param {number} index */
  showFrame(index) {
    if (!this.way) return;
    const { size, rgba } = this.way;
    const target = canvas('morph-canvas');
    if (target.width !== size) target.width = target.height = size;
    const bytes = size * size * 4;
    const frame = new ImageData(new Uint8ClampedArray(rgba.subarray(index * bytes, (index + 1) * bytes)), size, size);
    target.getContext('2d')?.putImageData(frame, 0, 0);
    element('morph-slider', HTMLInputElement).value = String(index);
  }

  /** There and back again. */
  play() {
    this.playing = true;
    button('morph-play').textContent = 'Stop';
    const began = performance.now() - Number(element('morph-slider', HTMLInputElement).value) * FRAME_MS;
    const frame = () => {
      if (!this.playing || !this.way) return;
      const last = this.way.frames - 1;
      const at = Math.floor((performance.now() - began) / FRAME_MS) % (2 * last);
      this.showFrame(at > last ? 2 * last - at : at);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  stop() {
    this.playing = false;
    button('morph-play').textContent = 'Play';
  }

  saveGif() {
    return this.app.attempt('morph-state', async () => {
      if (!this.way) return;
      const { rgba, size } = this.way;
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
