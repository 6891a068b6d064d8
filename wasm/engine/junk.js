/** What lies among people's pictures and is none: files that systems leave, and what trainings wrote. */

/** @typedef {{name: string, reason: string}} Refused */

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
  // On a NAS, Windows' hidden streams are files of their own: a.jpg:Zone.Identifier, a.jpg@SynoEAStream.
  if (/.[:@](zone\.identifier|encryptable|syno(eastream|resource))$/.test(base)) return true;
  return FILES.has(base) || parts.some((part) => part.startsWith('.') || FOLDERS.has(part));
}

const CHECKPOINT = /^checkpoint(-[ab])?\.safetensors$/;
const RUN_FILE = /(\.safetensors|\.part)$|^(log\.jsonl|run\.json|project(-next)?\.json)$/;

/** @param {string} name @returns {string} the folder that it lies in; '' for none */
const folderOf = (name) => name.slice(0, Math.max(0, name.lastIndexOf('/')));

/** @param {string} name of a file below a dropped folder @returns {string} that folder */
export const firstFolder = (name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '');

/**
 * Leaves out the folders of trainings: their sample grids and logs are no pictures. If the training lies in the folder
 * that was named itself, beside the pictures, only what it wrote is left out.
 * @template {{name: string}} T
 * @param {T[]} files with all names below a folder, so that its checkpoint is seen
 * @param {(name: string) => string} rootOf the folder or zip that was named (default: the first part of the name)
 * @param {Refused[]} refused grows by the folders that are left out
 * @returns {T[]}
 */
export function withoutRuns(files, rootOf, refused) {
  const plain = (/** @type {string} */ name) => name.replaceAll('\\', '/');
  const runs = new Set(
    files
      .map(({ name }) => plain(name))
      .filter((name) => CHECKPOINT.test(name.slice(name.lastIndexOf('/') + 1)))
      .map(folderOf),
  );
  if (!runs.size) return files;
  const told = new Set();
  const tell = (/** @type {string} */ name, /** @type {string} */ reason) => {
    if (!told.has(name)) refused.push({ name, reason });
    told.add(name);
  };
  return files.filter((file) => {
    const name = plain(file.name);
    const root = plain(rootOf(file.name)).replace(/^\.$/, '');
    for (let folder = folderOf(name); ; folder = folderOf(folder)) {
      if (runs.has(folder) && folder !== root) {
        tell(folder, 'the folder of a training, not pictures');
        return false;
      }
      if (runs.has(folder)) {
        const rest = folder ? name.slice(folder.length + 1) : name;
        if (rest.startsWith('samples/'))
          tell(`${folder ? `${folder}/` : ''}samples`, 'samples of a training, not pictures');
        return !rest.startsWith('samples/') && !RUN_FILE.test(rest);
      }
      if (!folder || folder === root) return true;
    }
  });
}

/** Endings of files that may be pictures; such without an ending may be, too. */
const PICTURE =
  /(^|[/\\])[^./\\]*$|\.(jpe?g?|jfif|png|apng|gif|bmp|dib|tga|psd|pic|p[gpnba]m|hdr|webp|avif|hei[cf]|jxl)$/i;

/** @param {string} name @returns {boolean} whether room should be kept for it; it may be a picture all the same */
export const isPictureName = (name) => PICTURE.test(name);
