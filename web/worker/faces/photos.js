/** The pictures of a collection, read again one at a time from files and zips. */
import { openZip } from '../../../wasm/engine/zip.js';
import { fileOf } from '../intake.js';

/** @typedef {import('../intake.js').Stored} Stored */
/** @typedef {{origin: string, name: string, read: () => Promise<Blob>}} Photo */

/**
 * @param {(File | Stored | null)[]} files @param {string[]} origins of the pictures (intake.js), in any order
 * @yields {Photo} in the order of the files
 * @returns {AsyncGenerator<Photo>}
 */
export async function* photosOf(files, origins) {
  /** @type {Map<number, Set<string>>} */
  const wanted = new Map();
  for (const origin of origins) wanted.set(fileOf(origin), (wanted.get(fileOf(origin)) ?? new Set()).add(origin));
  for (const [number, of] of [...wanted].sort(([a], [b]) => a - b)) {
    const given = files[number];
    if (!given) continue;
    const { name } = given;
    const open = async () => (given instanceof File ? given : given.load());
    if (of.has(String(number))) {
      yield { origin: String(number), name, read: open };
      continue;
    }
    const zip = await openZip(await open(), name);
    for (const entry of zip.files) {
      const path = entry.name.slice(name.length + 1);
      const origin = `${number}/${path}`;
      const read = async () => new Blob([/** @type {any} */ (await entry.read())]);
      if (of.has(origin)) yield { origin, name: path.split('/').at(-1) ?? path, read };
    }
  }
}

/** Some of many, evenly spread. @template T @param {T[]} all @param {number} count @returns {T[]} */
export const someOf = (all, count) =>
  all.filter((_, i) => Math.floor((i * count) / all.length) !== Math.floor(((i - 1) * count) / all.length));
