/** What the panels share: the client, the state of the page, and its messages. */
import { Client } from './client.js';
import { byId, element, sentence } from './draw.js';
import { SettingsForm } from './settings-form.js';

/**
 * @typedef {'starting' | 'ready' | 'training' | 'paused' | 'finished' | 'stopped'} Phase
 * @typedef {{kind: 'files', files: File[]} | {kind: 'doodles', count: number}} Source
 */

export class App {
  constructor() {
    this.client = new Client();
    /** @type {Phase} */
    this.phase = 'starting';
    /** @type {Source[]} what the pictures came from: read again where size or crop change */
    this.sources = [];
    this.count = 0;
    /** @type {{bytes: Uint8Array, step: number} | null} the last one that the worker sent */
    this.checkpoint = null;
    /** @type {Uint8Array | null} the best model that the worker sent */
    this.best = null;
    /** @type {{bytes: Uint8Array, step: number} | null} a loaded checkpoint that waits for its pictures */
    this.resume = null;
    /** @type {boolean} steps have been made that no download holds */
    this.unsaved = false;
    /** @type {'run' | 'model' | 'starter'} what Generate uses */
    this.source = 'run';
    /** @type {{metadata: Record<string, string>} | null} the starter model, once the engine has it */
    this.starter = null;
    /** @type {((phase: Phase) => void)[]} */
    this.watchers = [];
    // Small nets for tests and slow machines: ?variant=simd&threads=1
    this.options = new URLSearchParams(location.search);
    this.settings = new SettingsForm(element('settings', HTMLFormElement), this.options);
  }

  /** @param {(phase: Phase) => void} watcher called at each change of phase */
  watch(watcher) {
    this.watchers.push(watcher);
  }

  /** @param {Phase} phase */
  enter(phase) {
    this.phase = phase;
    document.body.dataset.phase = phase;
    this.watchers.forEach((watcher) => watcher(phase));
  }

  get busy() {
    return this.phase === 'training' || this.phase === 'paused' || this.phase === 'finished';
  }

  /** There is something to make faces with. */
  get canGenerate() {
    return this.busy || (this.source !== 'run' && this.phase !== 'stopped');
  }

  /** Starts the engine. */
  async start() {
    const threads = this.options.get('threads');
    const reply = await this.client.request('hello', {
      base: document.baseURI,
      variant: this.options.get('variant') ?? 'auto',
      threads: threads ? Number(threads) : 'auto',
    });
    byId('engine-state').textContent = [
      `${reply.variant === 'relaxed' ? 'Relaxed SIMD (fused multiply-add)' : 'Plain SIMD'}, ${reply.threads} thread${reply.threads > 1 ? 's' : ''}.`,
      ...reply.notes,
    ].join(' ');
    return reply;
  }

  /** A sentence on top of the page; '' takes it away. @param {string} text @param {{label: string, act: () => void}} [action] */
  notice(text, action) {
    const box = byId('notice');
    box.textContent = text;
    box.hidden = !text;
    if (!action) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = action.label;
    button.onclick = () => {
      this.notice('');
      action.act();
    };
    box.append(button);
  }

  /**
   * Runs something the user asked for; a failure becomes a sentence beside it.
   * @param {string} stateId
   * @param {() => Promise<void>} body
   */
  async attempt(stateId, body) {
    const state = byId(stateId);
    state.classList.remove('bad');
    try {
      await body();
    } catch (error) {
      if (/** @type {any} */ (error).code === 'dead') return; // the notice at the top of the page says it
      state.classList.add('bad');
      state.textContent = sentence(error);
    }
  }
}
