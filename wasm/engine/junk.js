/** Files that systems leave among people's pictures: not pictures that anybody meant. */

/** Folders, in lower case, whose whole content is junk. Those that begin with a dot are junk without being named. */
const FOLDERS = new Set([
  '__macosx', // in zips of macOS
  '@eadir', // thumbnails of Synology
  '#recycle', // the bins of Synology, QNAP and Windows
  '@recycle',
  '$recycle.bin',
  'recycler',
  '#snapshot', // earlier states of the same files: Synology, QNAP
  '@recently-snapshot',
  'system volume information', // Windows
  'lost+found', // ext4
  'network trash folder', // macOS on a server
  'temporary items',
]);

/** Files, in lower case. */
const FILES = new Set([
  'thumbs.db',
  'ehthumbs.db',
  'ehthumbs_vista.db',
  'desktop.ini',
  'picasa.ini',
  'icon\r', // a folder's icon in macOS
]);

/** @param {string} name a path with / or \ @returns {boolean} whether it, or a folder that it is in, is junk */
export function isJunk(name) {
  const parts = name
    .toLowerCase()
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  const base = parts.at(-1) ?? '';
  // .AppleDouble, .picasaoriginals, .Spotlight-V100, .@__thumb, ._x, .DS_Store, .thumbnails ...
  return FILES.has(base) || parts.some((part) => part.startsWith('.') || FOLDERS.has(part));
}
