/** The worker as promises. See protocol.js. */
import { RequestError } from './protocol.js';
import workerUrl from './worker.js?worker&url';

/** @typedef {import('./protocol.js').Requests} Requests */
/** @typedef {import('./protocol.js').Events} Events */
/** @typedef {import('./protocol.js').Failure} Failure */

/**
 * A worker made from a blob lives under the page's Content-Security-Policy; one made from its address would live under
 * none, since a page's <meta> does not reach it. So this worker cannot send anything elsewhere either.
 * @returns {Worker}
 */
function makeWorker() {
  const url = new URL(workerUrl, import.meta.url).href;
  const blob = URL.createObjectURL(new Blob([`import ${JSON.stringify(url)};`], { type: 'text/javascript' }));
  try {
    return new Worker(blob, { type: 'module', name: 'ssdgan' });
  } finally {
    setTimeout(() => URL.revokeObjectURL(blob), 30000);
  }
}

export class Client {
  constructor() {
    /** @type {Map<number, {resolve: (reply: any) => void, reject: (error: RequestError) => void, type: string}>} */
    this.pending = new Map();
    /** @type {Map<string, ((event: any) => void)[]>} */
    this.listeners = new Map();
    /** @type {(failure: Failure) => void} called once a worker has died; all that was pending is rejected by then */
    this.onDeath = () => {};
    this.nextId = 1;
    /** @type {Worker | null} */
    this.worker = null;
  }

  /** Starts a worker; one that lives is ended first. */
  launch() {
    this.end('the engine was restarted');
    const worker = makeWorker();
    this.worker = worker;
    worker.onmessage = ({ data }) => {
      if (worker === this.worker) this.receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker === this.worker) this.died(event.message || 'the worker could not be loaded');
    };
    worker.onmessageerror = () => {
      if (worker === this.worker) this.died('a message could not be read');
    };
  }

  /**
   * @template {keyof Requests} T
   * @param {T} type
   * @param {Requests[T]['body']} body
   * @param {Transferable[]} transfer
   * @returns {Promise<Requests[T]['reply']>}
   */
  request(type, body, transfer = []) {
    return new Promise((resolve, reject) => {
      if (!this.worker) {
        reject(new RequestError({ code: 'worker_died', op: type, message: 'The engine is not running.', detail: '' }));
        return;
      }
      const id = this.nextId++;
      this.pending.set(id, { resolve, reject, type });
      try {
        this.worker.postMessage({ id, type, ...body }, transfer);
      } catch (error) {
        this.pending.delete(id);
        const detail = String(error);
        reject(new RequestError({ code: 'bad_request', op: type, message: 'This could not be sent.', detail }));
      }
    });
  }

  /** A progress event has been drawn. */
  credit() {
    this.worker?.postMessage({ type: 'credit' });
  }

  /**
   * @template {keyof Events} T
   * @param {T} type
   * @param {(event: Events[T]) => void} listener
   */
  on(type, listener) {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }

  /** @param {any} message */
  receive(message) {
    if (message.id === undefined) {
      if (message.type === 'fatal') this.died(message.error.message, message.error);
      else for (const listener of this.listeners.get(message.type) ?? []) listener(message);
      return;
    }
    const waiting = this.pending.get(message.id);
    if (!waiting) return;
    this.pending.delete(message.id);
    if (message.ok) waiting.resolve(message);
    else waiting.reject(new RequestError(message.error));
  }

  /** @param {string} message @param {Partial<Failure>} more */
  died(message, more = {}) {
    const failure = { op: '', detail: '', ...more, code: 'worker_died', message };
    this.end(message);
    this.onDeath(failure);
  }

  /** @param {string} message what everything pending is rejected with */
  end(message) {
    this.worker?.terminate();
    this.worker = null;
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject, type } of pending) {
      reject(
        new RequestError({ code: 'worker_died', op: type, message: `The engine stopped: ${message}`, detail: '' }),
      );
    }
  }
}
