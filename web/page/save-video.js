/** A video as a download. */
import { later } from '../later.js';
import { download } from './draw.js';
import { t } from './words.js';

const loadVideo = later(() => import('./video.js'));

/**
 * @param {string} name of the file, without its ending @param {number} frames how many
 * @param {(context: CanvasRenderingContext2D, frame: number) => Promise<void> | void} draw draws one
 * @param {{side: number, rate: number}} options as encodeVideo
 * @returns {Promise<number>} bytes
 */
export async function saveVideo(name, frames, draw, options) {
  const { encodeVideo } = await loadVideo();
  const video = await encodeVideo(frames, draw, options);
  if (!video) throw new Error(t('video.none'));
  download(video.bytes, `${name}.${video.kind}`);
  return video.bytes.length;
}
