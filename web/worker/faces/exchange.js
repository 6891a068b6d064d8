/** Faces take the place of a collection's photos, and photos that of the faces. */
import { SsdganError } from '../../../wasm/engine/engine.js';
import { addFiles } from '../intake.js';

/** @typedef {import('../collection.js').Collection} Collection */
/** @typedef {import('../collection.js').Progress} Progress */

/** Puts files in the place of all pictures. Files keep their numbers, by which the project keeps them. @param {Collection} pictures @param {File[]} files @param {Progress} progress */
export async function exchange(pictures, files, progress) {
  const { files: photos, removed, refused } = pictures;
  pictures.replace(pictures.makeDataset());
  Object.assign(pictures, { files: photos.map(() => null), origins: [], removed: new Set(), refused: [], changes: [] });
  await pictures.add(files, progress);
  pictures.photos = { files: photos, removed, refused };
}

/** Puts the photos back. @param {Collection} pictures @param {Progress} progress */
export async function exchangeBack(pictures, progress) {
  if (!pictures.photos) throw new SsdganError('bad_state', 'the photos are not here any more');
  const { files, removed } = pictures.photos;
  const later = pictures.files.slice(files.length).map(() => null);
  Object.assign(pictures, pictures.photos, { files: [...files, ...later], photos: null, changes: [] });
  pictures.replace(pictures.makeDataset());
  const { sides } = pictures;
  Object.assign(pictures, await addFiles(pictures.dataset, pictures.files, progress, { removed, sides }));
  await pictures.frameAgain();
}
