/** What the panels share: the client, the state of the page, and its messages. */
import { Client } from './client.js';
import { byId, element, sentence } from './draw.js';
import { SettingsForm } from './settings-form.js';
import { t, tell, translated } from './words.js';

/**
 * @typedef {'starting' | 'ready' | 'training' | 'paused' | 'finished' | 'stopped'} Phase
 */

export class App {
  constructor() {
    this.client = new Client();
    /** @type {Phase} */
    this.phase = 'starting';
    this.count = 0;
    /** Pictures are being read. */
    this.isReading = false;
    /** All that is needed later has come: the network may go. */
    this.isFetched = false;
    /** @type {string | null} id of the open project; null: nothing is to be kept yet */
    this.project = null;
    /** Another tab has the project: it can be looked at, not changed. */
    this.isReadOnly = false;
    /** The browser keeps projects. */
    this.keeps = true;
    /** @type {number} the last step that is kept */
    this.savedStep = 0;
    /** The engine has started; another one after a restart. */
    this.started = Promise.resolve();
    /** @type {string[]} what the engine has to say of itself */
    this.engineNotes = [];
    /** @type {{bytes: Uint8Array, step: number} | null} a loaded checkpoint that waits for its pictures */
    this.resume = null;
    /** Steps have been made that are kept nowhere. */
    this.unsaved = false;
    /** @type {'run' | 'model' | 'starter'} what Generate uses */
    this.source = 'run';
    /** @type {{metadata: Record<string, string>} | null} the starter model, once the engine has it */
    this.starter = null;
    /** The starter model may still come: its room is kept. */
    this.awaitsStarter = false;
    /** @type {((phase: Phase) => void)[]} */
    this.watchers = [];
    /** @type {(() => void)[]} */
    this.modelWatchers = [];
    // For tests and slow machines: ?variant=simd&threads=1&width=4&doodles=100
    this.options = new URLSearchParams(location.search);
    this.settings = new SettingsForm(element('settings', HTMLFormElement), this.options);
  }

  /** @param {(phase: Phase) => void} watcher called at each change of phase */
  watch(watcher) {
    this.watchers.push(watcher);
  }

  /** @param {() => void} watcher called when faces come from another model: what was made with the last one is not its own */
  watchModel(watcher) {
    this.modelWatchers.push(watcher);
  }

  /** @param {'run' | 'model' | 'starter'} source @param {boolean} isNew another model, even if it has the same source */
  use(source, isNew = false) {
    if (source === this.source && !isNew) return;
    this.source = source;
    this.modelWatchers.forEach((watcher) => watcher());
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
    const reply = await this.client.hello({
      base: document.baseURI,
      variant: this.options.get('variant') ?? 'auto',
      threads: threads ? Number(threads) : 'auto',
      names: Object.fromEntries(['doodles', 'pictures', 'copy'].map((name) => [name, t(`projects.names-${name}`)])),
      home: this.options.get('home') ?? undefined, // for tests: file system, database, memory
    });
    this.keeps = reply.home === 'file system' || reply.home === 'database';
    if (reply.home === 'no answer') this.notice(() => t('projects.no-answer'));
    this.engineNotes = [...reply.notes];
    tell(byId('engine-state'), () =>
      [t(`engine.${reply.variant}`, { n: reply.threads }), ...this.engineNotes.map(translated)].join(' '),
    );
    return reply;
  }

  /** A sentence on top of the page; null takes it away. @param {(() => string) | null} text @param {{label: () => string, act: () => void}} [action] */
  notice(text, action) {
    const box = byId('notice');
    const words = document.createElement('span');
    box.replaceChildren(words);
    tell(words, text ?? (() => ''));
    box.hidden = !text;
    if (!action) return;
    const button = document.createElement('button');
    button.type = 'button';
    tell(button, action.label);
    button.onclick = () => {
      this.notice(null);
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
      tell(state, () => sentence(error));
    }
  }
}
