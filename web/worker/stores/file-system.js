/** Projects in the origin's private file system: a folder each, written through sync access handles, which a worker has. */
import { piecesOf } from '../../../wasm/run/store.js';

/** @typedef {import('../../../wasm/run/store.js').Store} Store */
/** @typedef {import('../../../wasm/run/store.js').Content} Content */

const ROOT = 'projects';
/** A page that was just left may hold a file for a moment: tries, and milliseconds between them. */
const TRIES = 20;
const WAIT_MS = 100;

/** @param {unknown} error */
const isMissing = (error) => /** @type {any} */ (error)?.name === 'NotFoundError';

/** @implements {Store} */
class FileSystemStore {
  /** @param {FileSystemDirectoryHandle} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {string} name @param {boolean} create @returns {Promise<FileSystemFileHandle | null>} */
  async file(name, create = false) {
    const parts = name.split('/');
    try {
      let { folder } = this;
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create });
      return await folder.getFileHandle(/** @type {string} */ (parts.at(-1)), { create });
    } catch (error) {
      if (!create && isMissing(error)) return null;
      throw error;
    }
  }

  /** @param {string} name @returns {Promise<File | null>} its bytes, which stay on the disk */
  async blob(name) {
    const file = await this.file(name);
    return file && file.getFile();
  }

  /** @param {string} name @param {number} [from] @param {number} [to] */
  async read(name, from, to) {
    const blob = await this.blob(name);
    return blob && new Uint8Array(await (from === undefined ? blob : blob.slice(from, to)).arrayBuffer());
  }

  /** @param {string} name @param {(handle: any) => Promise<void>} body with a sync access handle */
  async open(name, body) {
    const file = /** @type {any} */ (await this.file(name, true));
    for (let left = TRIES; ; left--) {
      let handle;
      try {
        handle = await file.createSyncAccessHandle();
      } catch (error) {
        if (left === 0 || /** @type {any} */ (error)?.name !== 'NoModificationAllowedError') throw error;
        await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
        continue;
      }
      try {
        await body(handle);
        return handle.flush();
      } finally {
        handle.close();
      }
    }
  }

  /** @param {string} name @param {Content} data */
  write(name, data) {
    return this.open(name, async (handle) => {
      handle.truncate(0);
      let at = 0;
      for await (const piece of piecesOf(data)) at += writeAll(handle, piece, at);
    });
  }

  /** @param {string} name @param {string} text */
  append(name, text) {
    return this.open(name, async (handle) => {
      const end = handle.getSize();
      try {
        writeAll(handle, new TextEncoder().encode(text), end);
      } catch (error) {
        handle.truncate(end); // a full disk takes half a line
        throw error;
      }
    });
  }

  async list() {
    /** @type {string[]} */
    const names = [];
    /** @param {any} folder @param {string} before */
    const walk = async (folder, before) => {
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === 'directory') await walk(handle, `${before}${name}/`);
        else names.push(before + name);
      }
    };
    await walk(this.folder, '');
    return names.sort();
  }

  /** @param {string} name */
  async size(name) {
    return (await this.blob(name))?.size ?? null;
  }

  /** @param {string} name */
  async remove(name) {
    const parts = name.split('/');
    try {
      let { folder } = this;
      for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
      await folder.removeEntry(/** @type {string} */ (parts.at(-1)));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

/** Writes a piece whole: a handle may take less, and a full disk takes none. @param {any} handle @param {Uint8Array} piece @param {number} at @returns {number} bytes */
function writeAll(handle, piece, at) {
  for (let done = 0; done < piece.length;) {
    const taken = handle.write(piece.subarray(done), { at: at + done });
    if (!taken) throw new DOMException('no room is left', 'QuotaExceededError');
    done += taken;
  }
  return piece.length;
}

export class FileSystemHome {
  kind = 'file system';

  /** Throws where there is none: a private window, a worker of WebKitGTK on loopback. @returns {Promise<FileSystemHome>} */
  static async open() {
    const home = new FileSystemHome();
    const root = await navigator.storage.getDirectory();
    home.root = await root.getDirectoryHandle(ROOT, { create: true });
    const probe = new FileSystemStore(root);
    await probe.write('probe', 'x');
    await probe.remove('probe');
    return home;
  }

  /** @type {any} */
  root = null;

  /** @returns {Promise<string[]>} ids of the projects */
  async list() {
    const ids = [];
    for await (const [id, handle] of this.root.entries()) if (handle.kind === 'directory') ids.push(id);
    return ids;
  }

  /** The store of a project; makes it where there is none. @param {string} id @returns {Promise<Store>} */
  async store(id) {
    return new FileSystemStore(await this.root.getDirectoryHandle(id, { create: true }));
  }

  /** @param {string} id */
  async remove(id) {
    await this.root.removeEntry(id, { recursive: true });
  }
}
