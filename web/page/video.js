/** Videos of what a canvas shows, by the browser's own encoder; Mediabunny puts the frames into a file. Loaded when first needed. */
import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  QUALITY_HIGH,
  WebMOutputFormat,
} from 'mediabunny';

/** Programs of every system play H.264 in MP4. Where a browser has no encoder for it (Chromium without Google's codecs), VP9 or VP8 in WebM. */
const MP4 = /** @type {const} */ (['avc']);
const WEBM = /** @type {const} */ (['vp9', 'vp8']);

/**
 * @param {number} frames how many
 * @param {(context: CanvasRenderingContext2D, frame: number) => Promise<void> | void} draw draws one
 * @param {{side: number, rate: number}} options side: of the square picture in pixels, even; rate: frames a second
 * @returns {Promise<{bytes: Uint8Array, kind: 'mp4' | 'webm'} | null>} null: this browser encodes no video
 */
export async function encodeVideo(frames, draw, { side, rate }) {
  const size = { width: side, height: side };
  const inMp4 = await getFirstEncodableVideoCodec([...MP4], size);
  const codec = inMp4 ?? (await getFirstEncodableVideoCodec([...WEBM], size));
  if (!codec) return null;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const target = new BufferTarget();
  const output = new Output({ format: inMp4 ? new Mp4OutputFormat() : new WebMOutputFormat(), target });
  const source = new CanvasSource(canvas, { codec, bitrate: QUALITY_HIGH });
  output.addVideoTrack(source, { frameRate: rate });
  await output.start();
  for (let i = 0; i < frames; i++) {
    await draw(context, i);
    await source.add(i / rate, 1 / rate);
  }
  await output.finalize();
  return { bytes: new Uint8Array(/** @type {ArrayBuffer} */ (target.buffer)), kind: inMp4 ? 'mp4' : 'webm' };
}
