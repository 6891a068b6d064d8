/**
 * A training that nobody watches. It has no timers, so a hidden tab does not slow it. Here is what keeps the browser from
 * putting the tab or the screen to sleep, and what tells how it goes: title, icon, a notification at the end, lost speed.
 */
import { byId, button, duration } from './draw.js';
import { SpeedWatch } from './speed-watch.js';
import { number, t } from './words.js';

/** Browsers do not freeze or drop a hidden tab that holds a lock. */
const LOCK = 'ssdgan-training';
const ICON_SIZE = 64;

/** @returns {() => void} gives the lock back; where there are no locks (http from another machine) nothing is held */
function holdLock() {
  /** @type {() => void} */
  let release = () => {};
  const held = new Promise((resolve) => (release = () => resolve(null)));
  navigator.locks?.request(LOCK, { mode: 'shared' }, () => held).catch(() => {});
  return release;
}

/** A ring that fills. @param {number} share @returns {string} a data: address */
function iconOf(share) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = ICON_SIZE;
  const context = canvas.getContext('2d');
  if (!context) return '';
  const style = getComputedStyle(document.body);
  const middle = ICON_SIZE / 2;
  context.lineWidth = ICON_SIZE / 4;
  for (const [end, colour] of /** @type {[number, string][]} */ ([
    [1, '--line'],
    [share, '--accent'],
  ])) {
    // prettier-ignore
    context.strokeStyle = style.getPropertyValue(colour);
    context.beginPath();
    context.arc(middle, middle, 0.36 * ICON_SIZE, -Math.PI / 2, (2 * end - 0.5) * Math.PI);
    context.stroke();
  }
  return canvas.toDataURL('image/png');
}

/** @param {string} text a notification, if the visitor has allowed them */
async function notify(text) {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  const options = { body: text, icon: new URL('icon-192.png', document.baseURI).href, tag: LOCK };
  try {
    const shown = new Notification('ssdgan', options);
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Android: only the service worker may show one.
    const registration = await navigator.serviceWorker?.getRegistration();
    await registration?.showNotification('ssdgan', options);
  }
}

export class Awake {
  /** @param {import('./app.js').App} app */
  constructor(app) {
    this.app = app;
    this.link = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel=icon]'));
    this.icon = this.link.href;
    this.percent = -1;
    this.speed = new SpeedWatch();
    /** @type {(() => void) | null} */
    this.release = null;
    /** @type {any} the screen, kept on */
    this.screen = null;
    app.watch((phase) => this.enter(phase));
    // The browser gives the screen free when the tab is hidden.
    document.addEventListener('visibilitychange', () => this.keepScreenOn());
    button('notify').onclick = () => this.askToNotify();
  }

  get training() {
    return this.app.phase === 'training';
  }

  /** @param {import('./app.js').Phase} phase */
  enter(phase) {
    const ended = this.release !== null && !this.training;
    if (this.training) this.release ??= holdLock();
    else if (this.release) {
      this.release();
      this.release = null;
      this.screen?.release().catch(() => {});
      this.screen = null;
      this.speed.pause();
    }
    this.keepScreenOn();
    const has = ['finished', 'paused', 'stopped'].includes(phase);
    const word = has && t(`title.${phase}`, { percent: Math.max(0, this.percent) });
    if (!this.training) document.title = word ? `${word} · ssdgan` : t('page.title');
    if (phase === 'ready' || phase === 'finished') {
      this.percent = -1;
      this.link.href = this.icon;
    }
    const mayAsk = 'Notification' in globalThis && Notification.permission === 'default';
    button('notify').hidden = !(this.training && mayAsk);
    if (!this.training) byId('speed-note').hidden = true;
    // A pause by the visitor is seen by the visitor.
    if (ended && document.hidden) {
      notify(t(phase === 'finished' ? 'notify.finished' : 'notify.stopped'));
    }
  }

  async keepScreenOn() {
    if (!this.training || document.hidden || this.screen || !('wakeLock' in navigator)) return;
    this.screen = {}; // asked for
    try {
      const screen = await navigator.wakeLock.request('screen');
      this.screen = screen;
      screen.onrelease = () => (this.screen = null);
      if (!this.training) await screen.release();
    } catch {
      this.screen = null; // an empty battery: nothing is lost but the light
    }
  }

  async askToNotify() {
    const answer = await Notification.requestPermission();
    button('notify').hidden = answer !== 'default';
  }

  /** The training has come so far. @param {number} share of its steps @param {number} left in seconds @param {number} rate pictures a second */
  progress(share, left, rate) {
    if (!this.training) return;
    const percent = Math.floor(100 * share);
    document.title = `${t('title.training', { percent, left: duration(left) })} · ssdgan`;
    if (percent !== this.percent) {
      this.percent = percent;
      this.link.href = iconOf(share) || this.icon;
    }
    this.speed.add(performance.now(), rate);
    const { slow, usual } = this.speed;
    const note = byId('speed-note');
    if (note.hidden === slow > 0) note.hidden = !slow;
    const text = t('train.slow', { usual: number(usual, 1), slow: number(slow, 1) });
    if (slow && note.textContent !== text) note.textContent = text;
  }
}
