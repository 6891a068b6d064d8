/**
 * Plays an interpolation. What comes first has 20 frames a second; the frames between them come piece by piece while it plays,
 * until there are 60.
 */
import { button, canvas, drawPicture, element } from '../draw.js';
import { t, tell } from '../words.js';

/** Milliseconds of a frame, of those that come first. */
export const FRAME_MS = 50;
/** Frames that are asked for at once: the worker trains between two pieces. */
const PIECE = 60;
/** Bytes that all frames may take: 12 faces of 64 x 64 pixels take 24 MB at 60 frames a second, of 128 x 128 94 MB. */
const MOST_BYTES = 128e6;

/** @typedef {{size: number, rgba: Uint8ClampedArray, frames: number, loop: boolean, times: number}} Interpolation times: frames for each of the first ones */

export class Player {
  /** @param {import('../app.js').App} app */
  constructor(app) {
    this.app = app;
    /** @type {Interpolation | null} the frames that come first */
    this.first = null;
    /** @type {Interpolation | null} the best that there is */
    this.shown = null;
    this.playing = false;
    this.asked = 0;
    this.slider = element('interpolate-slider', HTMLInputElement);
    this.slider.oninput = () => {
      this.stop();
      this.showFrame(Number(this.slider.value));
    };
    button('interpolate-play').onclick = () => (this.playing ? this.stop() : this.play());
  }

  clear() {
    this.stop();
    this.asked++;
    this.first = this.shown = null;
  }

  /**
   * @param {Interpolation} first
   * @param {(times: number) => Record<string, any> & {frames: number}} request for so many frames for each of the first ones
   */
  take(first, request) {
    this.first = first;
    this.use(first);
    this.showFrame(0);
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) this.play();
    this.refine(first, request).catch(() => {}); // the first ones stay
  }

  /** @param {Interpolation} frames */
  use(frames) {
    this.shown = frames;
    this.slider.max = String(frames.frames - 1);
  }

  /** @param {Interpolation} first @param {(times: number) => Record<string, any> & {frames: number}} request */
  async refine(first, request) {
    const mine = ++this.asked;
    const bytes = first.size * first.size * 4;
    const times = [3, 2].find((n) => request(n).frames * bytes <= MOST_BYTES);
    if (!times) return;
    const wanted = request(times);
    const rgba = new Uint8ClampedArray(wanted.frames * bytes);
    for (let at = 0; at < wanted.frames; at += PIECE) {
      const part = await this.app.client.request('interpolate', { ...wanted, first: at, count: PIECE });
      if (mine !== this.asked) return;
      rgba.set(part.rgba, at * bytes);
    }
    const value = Number(this.slider.value);
    this.use({ ...first, rgba, frames: wanted.frames, times });
    this.slider.value = String(value * times);
    if (this.playing) this.play(); // from the same place
  }

  /** @param {number} index */
  showFrame(index) {
    if (!this.shown) return;
    drawPicture(this.shown, index, canvas('interpolate-canvas'));
    this.slider.value = String(index);
  }

  /** Stops at a keyframe. @param {number} index @param {number} legs */
  showKey(index, legs) {
    if (!this.shown) return;
    this.stop();
    const last = this.shown.loop ? this.shown.frames : this.shown.frames - 1;
    this.showFrame(Math.round((index / legs) * last));
  }

  /** A loop plays round and round; anything else plays forwards and backwards in turn. */
  play() {
    if (!this.shown) return;
    this.playing = true;
    tell(button('interpolate-play'), () => t('interpolate.stop'));
    const { frames, loop, times } = this.shown;
    const mine = this.shown;
    const ms = FRAME_MS / times;
    const began = performance.now() - Number(this.slider.value) * ms;
    const frame = () => {
      if (!this.playing || this.shown !== mine) return;
      const last = frames - 1;
      const at = Math.floor((performance.now() - began) / ms) % (loop ? frames : 2 * last);
      this.showFrame(at > last ? 2 * last - at : at);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  stop() {
    this.playing = false;
    tell(button('interpolate-play'), () => t('interpolate.play'));
  }
}
