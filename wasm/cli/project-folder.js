/** A project as a folder: how `ssdgan train` finds, begins and continues it. */
import fs from 'node:fs';
import path from 'node:path';
import { isZip } from '../engine/zip.js';
import { checkpointsIn } from '../run/run-files.js';
import { PROJECT, copyProject } from '../run/project.js';
import { clearRun, OLD_CHECKPOINT, SLOTS } from '../run/store.js';
import { FolderStore } from './folder-store.js';
import { makeFolder, readFile, readPart } from './files.js';
import { holdFolder } from './lock.js';
import { projectZip } from './project-zip.js';
import { CliError } from './usage.js';

/** project.json's fields, and those of the notes of version 0.1.0. @typedef {Partial<import('../run/project.js').Project> & {plan?: object}} Note */

/** What version 0.1.0 wrote instead of project.json; its `pictures` were paths. */
const OLD_NOTE = 'run.json';

/** @param {string} directory @returns {Note} {} where there is none */
export function readNote(directory) {
  for (const name of [PROJECT, OLD_NOTE]) {
    const file = path.join(directory, name);
    if (!fs.existsSync(file)) continue;
    try {
      const note = JSON.parse(fs.readFileSync(file, 'utf8'));
      return name === PROJECT ? note : { ...note, sources: note.pictures };
    } catch {
      throw new CliError(
        `${file} is damaged. Remove it; a run that is resumed without it needs its pictures named again.`,
      );
    }
  }
  return {};
}

/** @param {string} directory @returns {boolean} */
export const holdsRun = (directory) =>
  [...SLOTS, OLD_CHECKPOINT].some((name) => fs.existsSync(path.join(directory, name)));

/** The folder of a new run. One that holds a run is refused, unless it is to be replaced. @param {string} directory @param {boolean} force @param {string} advice */
export function openNew(directory, force = false, advice = `Continue it (--resume ${directory}), `) {
  const store = held(directory);
  if (!force && holdsRun(directory))
    throw new CliError(`${directory} already holds a run. ${advice}name another --out, or replace it with --force.`);
  return store;
}

/** The store of a folder that no other process trains in. @param {string} directory */
function held(directory) {
  makeFolder(directory);
  holdFolder(directory);
  return new FolderStore(directory);
}

/** @param {string} zip @param {string} [out] @param {boolean} [force] @returns {Promise<FolderStore>} */
async function unpacked(zip, out = path.basename(zip).replace(/\.zip$/i, ''), force = false) {
  const unpack = await projectZip(zip);
  const store = openNew(out, force);
  await clearRun(store);
  for (const line of await unpack(store)) console.log(`Left out of the project: ${line}`);
  if (!(await checkpointsIn(store)).length) throw new CliError(`${zip} holds no checkpoint to resume.`);
  console.log(`Unpacked ${zip} into ${out}.`);
  return store;
}

/**
 * What --resume names: a folder, a checkpoint file, or the zip of a project, which is unpacked into a folder of its name. With
 * --out the project is copied there first.
 * @param {string} name @param {{out?: string, force?: boolean}} options
 * @returns {Promise<{store: FolderStore, checkpoint: Uint8Array | null}>} checkpoint: null for the newest of the store
 */
export async function openResumed(name, { out, force }) {
  const stat = fs.statSync(name, { throwIfNoEntry: false });
  if (!stat) throw new CliError(`There is no run or checkpoint ${name} to resume.`);
  if (stat.isFile() && isZip(readPart(name, 0, 4), name))
    return { store: await unpacked(name, out, force), checkpoint: null };
  const directory = stat.isDirectory() ? name : path.dirname(name);
  const isOther = out !== undefined && path.resolve(out) !== path.resolve(directory);
  const from = isOther ? new FolderStore(directory, { readOnly: true }) : held(directory);
  if (stat.isDirectory() && !(await checkpointsIn(from)).length)
    throw new CliError(`${name} holds no checkpoint to resume.`);
  const store = isOther ? openNew(out, force) : from;
  if (isOther) await clearRun(store);
  if (isOther && stat.isDirectory()) await copyProject(from, store);
  return { store, checkpoint: stat.isDirectory() ? null : readFile(name) };
}
