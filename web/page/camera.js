/** Pictures from the camera: one by one, or many in a row. The camera is asked for by a click, and let go when the dialog closes. */
import './pictures.css';
import { make } from './make.js';
import { t, takeLaterWords, tell } from './words.js';

/** Milliseconds between the pictures of a burst, and how many they are at most. */
const EVERY_MS = 400;
const BURST = 20;
const QUALITY = 0.92;

/** Name of what getUserMedia throws -> what to say. @type {Record<string, string>} */
const FAULTS = {
  NotAllowedError: 'camera.refused',
  SecurityError: 'camera.refused',
  NotFoundError: 'camera.none',
  OverconstrainedError: 'camera.none',
  NotReadableError: 'camera.busy',
  AbortError: 'camera.busy',
};

class Camera {
  /** @param {import('./intake-panel.js').IntakePanel} intake */
  constructor(intake) {
    this.intake = intake;
    /** @type {File[]} */
    this.files = [];
    /** @type {MediaStream | null} */
    this.stream = null;
    this.timer = 0;
    this.facing = 'user';
    const button = (/** @type {string} */ id, /** @type {() => string} */ text, /** @type {() => unknown} */ act) => {
      const element = make('button', { type: 'button', id, onclick: () => act() });
      tell(element, text);
      return element;
    };
    this.video = make('video', { muted: true, autoplay: true, playsInline: true });
    this.state = make('p', { id: 'camera-state', className: 'state', ariaLive: 'polite' });
    this.one = button('camera-one', () => t('camera.one'), () => this.take()); // prettier-ignore
    this.one.className = 'primary';
    this.burst = button('camera-burst', () => t(this.timer ? 'camera.stop' : 'camera.burst'), () => this.toggleBurst()); // prettier-ignore
    this.other = button('camera-other', () => t('camera.other'), () => this.turn()); // prettier-ignore
    this.use = button('camera-use', () => t('camera.use', { n: this.files.length }), () => this.done()); // prettier-ignore
    const cancel = button('camera-cancel', () => t('camera.cancel'), () => this.element.close()); // prettier-ignore
    const square = make('div', { className: 'camera-square' }, this.video);
    const buttons = make('div', { className: 'buttons' }, this.one, this.burst, this.other, this.use, cancel);
    this.element = make('dialog', { id: 'camera', onclose: () => this.end() }, square, this.state, buttons);
    this.element.ariaLabel = t('camera.open');
    document.body.append(this.element);
  }

  async open() {
    this.files = [];
    await this.begin();
    this.element.showModal();
    this.show();
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput');
    this.other.hidden = cameras.length < 2;
  }

  async begin() {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error(t('camera.insecure'));
    try {
      const video = { facingMode: this.facing, width: { ideal: 1280 }, height: { ideal: 720 } };
      this.stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      const key = FAULTS[/** @type {any} */ (error)?.name];
      throw key ? new Error(t(key)) : error;
    }
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  /** The other camera: a phone has one on each side. */
  async turn() {
    this.stop();
    this.facing = this.facing === 'user' ? 'environment' : 'user';
    await this.begin().catch((error) => (this.state.textContent = error.message));
  }

  async take() {
    const { video, files } = this;
    const picture = make('canvas', { width: video.videoWidth, height: video.videoHeight });
    picture.getContext('2d')?.drawImage(video, 0, 0);
    /** @type {Blob | null} */
    const blob = await new Promise((resolve) => picture.toBlob(resolve, 'image/jpeg', QUALITY));
    if (!blob || !this.stream) return;
    const time = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 23);
    files.push(new File([blob], `camera ${time} ${files.length + 1}.jpg`, { type: 'image/jpeg' }));
    this.show();
  }

  toggleBurst() {
    const { burst } = this;
    if (this.timer) {
      clearInterval(this.timer);
      this.timer = 0;
    } else {
      const end = this.files.length + BURST;
      const step = () => (this.files.length < end ? this.take() : this.toggleBurst());
      this.timer = Number(setInterval(step, EVERY_MS));
      step();
    }
    tell(burst, () => t(this.timer ? 'camera.stop' : 'camera.burst'));
  }

  show() {
    const n = this.files.length;
    tell(this.state, () => (n ? t('camera.taken', { n }) : t('camera.about')));
    tell(this.use, () => t('camera.use', { n }));
    this.use.disabled = n === 0;
  }

  done() {
    const { files } = this;
    this.element.close();
    void this.intake.takeFiles(files);
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  end() {
    if (this.timer) this.toggleBurst();
    this.stop();
    this.video.srcObject = null;
  }
}

/** @param {import('./intake-panel.js').IntakePanel} intake */
export async function openCamera(intake) {
  await takeLaterWords();
  return new Camera(intake);
}
