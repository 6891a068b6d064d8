/** Panel 4: interpolates between picked and projected faces (storyboard, player, files), and mixes them. */
import { byId, button, download, drawPicture, element } from '../draw.js';
import { saveVideo } from '../save-video.js';
import { size as bytesOf, t, tell, withUnit } from '../words.js';
import { picturesOf, revived } from './keys.js';
import { Mixer } from './mix.js';
import { FRAME_MS, Player } from './player.js';
import { Projector } from './projector.js';
import { Storyboard } from './storyboard.js';
import { MOST_KEYS } from './view-text.js';

const FRAMES_A_LEG = 40;
/** Width and height of a video, in pixels. */
const VIDEO_SIDE = 512;

/** @typedef {import('./keys.js').Key} Key */
/** @typedef {import('./keys.js').Picture} Picture */

export class InterpolatePanel {
  /** @param {import('../app.js').App} app @param {{choose: (key: Key, picture: Picture) => void, keep: () => Promise<void>}} to choose: shows a face large; keep: keeps the picked faces */
  constructor(app, to) {
    this.app = app;
    this.to = to;
    this.player = new Player(app);
    this.restored = 0;
    /** The picked faces are kept with the project. */
    this.kept = Promise.resolve();
    /** Called when other faces are picked, or the way between them is another. */
    this.onChange = () => {};
    this.board = new Storyboard({
      change: () => {
        this.kept = to.keep();
        this.find();
      },
      show: (index) => this.player.showKey(index, this.legs),
    });
    this.space = element('interpolate-space', HTMLSelectElement);
    this.ease = element('interpolate-ease', HTMLSelectElement);
    this.loop = element('interpolate-loop', HTMLInputElement);
    for (const choice of [this.space, this.ease, this.loop]) choice.onchange = () => this.find();
    button('unpick').onclick = () => this.clear();
    button('save-gif').onclick = () => this.saveGif();
    button('save-video').onclick = () => this.saveVideo();
    app.watchModel(() => this.clear(false));
    tell(byId('interpolate-state'), () => t('interpolate.pick'));
    /** @param {Key} key @param {Picture} picture */
    const pick = (key, picture) => this.pick(key, picture);
    this.mixer = new Mixer(app, () => this.keys, pick);
    this.projector = new Projector(app, pick);
  }

  /** @returns {Key[]} */
  get keys() {
    return this.board.keys;
  }

  /** How the faces are interpolated. @returns {{space: string, ease: string, loop: boolean}} */
  get way() {
    return { space: this.space.value, ease: this.ease.value, loop: this.loop.checked };
  }

  set way({ space, ease, loop }) {
    this.space.value = space;
    this.ease.value = ease;
    this.loop.checked = loop;
  }

  /** Ways between two faces. */
  get legs() {
    return this.keys.length - (this.loop.checked ? 0 : 1);
  }

  /** Picks faces that were kept. @param {Key[]} kept */
  async restore(kept) {
    this.clear(false);
    const keys = kept.map(revived);
    const mine = ++this.restored;
    const pictures = await picturesOf(this.app, keys);
    if (mine !== this.restored) return; // others took their place
    keys.forEach((key, i) => this.board.add(key, pictures[i]));
    await this.find();
  }

  /** @param {boolean} keep that none is picked */
  clear(keep = true) {
    this.player.clear();
    this.board.clear();
    byId('player').hidden = true;
    tell(byId('interpolate-state'), () => t('interpolate.pick'));
    this.mixer.show();
    if (keep) this.kept = this.to.keep();
    this.onChange();
  }

  /** @param {Key} key @param {Picture} [picture] its face, if it is at hand */
  pick(key, picture) {
    return this.app.attempt('interpolate-state', async () => {
      const face = picture ?? (await picturesOf(this.app, [key]))[0];
      this.to.choose(key, face);
      if (this.keys.length >= MOST_KEYS) {
        tell(byId('interpolate-state'), () => t('interpolate.most', { n: MOST_KEYS }));
        return;
      }
      this.board.add(key, face);
      this.kept = this.to.keep();
      await this.find();
    });
  }

  /** Asks for the frames. */
  async find() {
    this.onChange();
    this.player.stop();
    this.mixer.show();
    const { keys } = this;
    if (keys.length < 2) {
      this.player.clear();
      byId('player').hidden = true;
      tell(byId('interpolate-state'), () => t(keys.length ? 'interpolate.one-more' : 'interpolate.pick'));
      return;
    }
    await this.app.attempt('interpolate-state', async () => {
      byId('player').hidden = false;
      const request = this.request(1);
      const { loop, frames } = request;
      const reply = await this.app.client.request('interpolate', request);
      const wanted = (/** @type {number} */ times) => ({ ...request, frames: this.framesOf(times) });
      this.player.take({ ...reply, loop, frames, times: 1 }, wanted);
      const [n, time] = [keys.length, (this.legs * FRAMES_A_LEG * FRAME_MS) / 1000];
      const instead = this.space.value !== request.space;
      await this.kept; // who reads the sentence may close the tab
      tell(byId('interpolate-state'), () =>
        [
          t('interpolate.length', { n, time: withUnit(time, 'second') }),
          ...(instead ? [t('interpolate.no-z')] : []),
        ].join(' '),
      );
    });
  }

  /** @param {number} times as many frames as come first */
  framesOf(times) {
    return times * FRAMES_A_LEG * this.legs + (this.loop.checked ? 0 : 1);
  }

  /** @param {number} times as many frames as come first */
  request(times) {
    const faces = this.keys.map(({ face }) => face);
    const space = faces.some(({ styles }) => styles) ? 'w' : this.space.value; // a face of a photo or a mixture has no z
    const [frames, loop, ease] = [this.framesOf(times), this.loop.checked, this.ease.value];
    return { faces, space, frames, loop, ease, source: this.app.source };
  }

  /** At three times the frames that come first, enlarged smoothly. */
  saveVideo() {
    return this.app.attempt('interpolate-state', async () => {
      if (!this.player.shown) return;
      const wanted = this.request(3);
      const frames = await this.app.client.request('interpolate', wanted);
      const small = document.createElement('canvas');
      const draw = (/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ i) => {
        context.imageSmoothingQuality = 'high';
        context.drawImage(drawPicture(frames, i, small), 0, 0, VIDEO_SIDE, VIDEO_SIDE);
      };
      const options = { side: VIDEO_SIDE, rate: 3000 / FRAME_MS };
      const length = await saveVideo('interpolation', wanted.frames, draw, options);
      tell(byId('interpolate-state'), () => t('interpolate.video-saved', { n: wanted.frames, size: bytesOf(length) }));
    });
  }

  saveGif() {
    return this.app.attempt('interpolate-state', async () => {
      if (!this.player.first) return;
      const { rgba, size } = this.player.first;
      const scale = size < 128 ? 4 : 2;
      const { bytes } = await this.app.client.request('gif', { rgba, size, delay: FRAME_MS, scale });
      download(bytes, 'interpolation.gif');
    });
  }
}
