/**
 * `ssdgan/node`: pictures from folders and zips, and a project as a folder. For Node only; everything of `ssdgan` is here too.
 *
 * @module ssdgan/node
 */
export * from './index.js';
export { FolderStore } from '../cli/folder-store.js';
export { addPictures } from '../cli/pictures.js';
export { encodeGrid, encodePng } from '../engine/png.js';
export { readPictures, updateProject, writePictures } from '../run/project.js';
export { storeSamples } from '../run/samples.js';
