/// <reference types="vite/client" />
/** The page's side of the protocol: requests as promises, events as callbacks, and what happens when the worker dies. */
import { PolicyWorker } from '../policy-worker.js';
import workerUrl from '../worker/worker.js?worker&url';

/** A request that failed; `code` is the core's or the worker's name for it. */
class RequestError extends Error {
  /** @param {import('../protocol.js').ProtocolError} error */
  constructor({ code, op, message, detail }) {
    super(message);
    this.name = 'RequestError';
    this.code = code;
    this.op = op;
    this.detail = detail;
  }
}

/** A worker that starts the engine says so every ALIVE_MS milliseconds. One that has been silent for longer than this hangs. */
const SILENT_MS = 5000;

export class Client {
  constructor() {
    this.nextId = 1;
    /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
    this.pending = new Map();
    /** @type {Record<string, (message: any) => void>} */
    this.listeners = {};
    this.dead = false;
    this.worker = this.startWorker();
  }

  startWorker() {
    const worker = new PolicyWorker(workerUrl);
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.die(event.message || 'the worker stopped');
    };
    worker.onmessageerror = () => this.die('a message could not be read');
    return worker;
  }

  /** Starts another worker. The page does so because a worker that does may hang (see hello). @param {string} url @returns {Worker} */
  another(url) {
    return new PolicyWorker(url);
  }

  /**
   * @param {string} type
   * @param {Record<string, any>} fields
   * @param {Transferable[]} transfer
   * @returns {Promise<any>} the reply
   */
  request(type, fields = {}, transfer = []) {
    if (this.dead)
      return Promise.reject(new RequestError({ code: 'dead', op: type, message: 'the engine has stopped' }));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.worker.postMessage({ id, type, ...fields }, transfer);
    });
  }

  /**
   * Starts the engine. In Firefox (ESR 153) a worker that makes a worker hangs for ever in `new Worker`, about once in a hundred
   * times on a busy machine, whatever the script: so another worker tries, and the third one makes no threads.
   * @param {Record<string, any>} fields of the request hello
   * @returns {Promise<any>} the reply
   */
  async hello(fields) {
    for (const tries of [1, 2]) {
      const reply = await Promise.race([this.request('hello', fields), this.silence()]);
      if (reply) return reply;
      console.info(`the worker hangs; start ${tries + 1}`);
      this.worker.terminate();
      this.pending.clear(); // nothing but hello is asked before its reply
      this.worker = this.startWorker();
    }
    return this.request('hello', { ...fields, threads: 1 });
  }

  /** Waits until a worker that has begun to start says nothing more. @returns {Promise<null>} */
  silence() {
    return new Promise((resolve) => {
      let timer = 0;
      this.on('alive', () => {
        clearTimeout(timer);
        timer = window.setTimeout(() => resolve(null), SILENT_MS);
      });
    });
  }

  /** @param {string} event one of the protocol's, or 'dead' @param {(message: any) => void} listener */
  on(event, listener) {
    this.listeners[event] = listener;
  }

  /** @param {any} data */
  receive(data) {
    if (data.event) {
      this.listeners[data.event]?.(data);
      return;
    }
    const waiting = this.pending.get(data.id);
    if (!waiting) return;
    this.pending.delete(data.id);
    if (data.ok) waiting.resolve(data);
    else waiting.reject(new RequestError(data.error));
  }

  /** Rejects every open request; the page may start a new worker. @param {string} message */
  die(message) {
    if (this.dead) return;
    this.dead = true;
    this.worker.terminate();
    for (const { reject } of this.pending.values()) {
      reject(new RequestError({ code: 'dead', op: '', message: `the engine has stopped: ${message}` }));
    }
    this.pending.clear();
    this.listeners.dead?.({ message });
  }
}
