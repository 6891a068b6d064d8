/**
 * The faces of a photo. The whole photo is looked at first; where nothing is found, also turned by quarters, because a camera
 * may have been held on its side. Then windows of half its side, where smaller faces are. Every face is looked at once more,
 * upright and large: that confirms it, and places its eyes more exactly.
 */
import { INPUT, withoutDoubles } from './detector.js';
import { pixelsOf, reduce, sharpnessOf, shareInside, toPhoto } from './window.js';

/** @typedef {import('./window.js').Image} Image */
/** @typedef {import('./window.js').Window} Window */
/** @typedef {import('./window.js').Point} Point */
/** @typedef {import('./detector.js').Detector} Detector */
/** Why a face is left out at first: it can be put back. @typedef {'' | 'small' | 'blurred' | 'cut'} Fault */
/** window: the face's square in the photo, upright, as a training wants it. @typedef {{window: Window, score: number, sharpness: number, fault: Fault}} Face */

/** A candidate has at least this score, and a face that was looked at again that one. */
export const LEAST_SCORE = 0.5;
const CONFIRMED = 0.75;
/** A face's square is at least so many pixels wide. */
export const LEAST_SIDE = 64;
/** Sharpness below which a face is blurred. */
export const LEAST_SHARPNESS = 0.25;
/** So much of a face's square must lie in the photo: the rest is mirrored. */
const LEAST_INSIDE = 0.8;
/** Above this many pixels, windows of half the side show more than the whole photo. */
const WHOLE_ENOUGH = 1.5 * INPUT;

/**
 * The square around a face: upright by eyes and mouth, the eyes at 0.47 of the height and a quarter of the side apart, as in
 * FFHQ (Karras and others, 2019, "A style-based generator architecture", appendix A).
 * @param {[Point, Point]} eyes @param {Point} mouth
 * @returns {Window}
 */
export function windowOf([[ax, ay], [bx, by]], [mx, my]) {
  const [ex, ey] = [(ax + bx) / 2, (ay + by) / 2];
  const [down, across] = [[mx - ex, my - ey], [bx - ax, by - ay]]; // prettier-ignore
  const side = Math.max(4 * Math.hypot(...across), 3.6 * Math.hypot(...down));
  const angle = Math.atan2(across[1] - down[0], across[0] + down[1]);
  return { x: ex + 0.1 * down[0], y: ey + 0.1 * down[1], side, angle };
}

/** Windows of half the longer side that overlap by half, over the whole photo. @param {Image} image @param {number} angle @returns {Window[]} */
function halves({ width, height }, angle) {
  const side = Math.max(width, height) / 2;
  const places = (/** @type {number} */ length) => {
    const count = Math.max(1, Math.ceil((length / side - 1) / 0.5 - 1e-9) + 1);
    return Array.from({ length: count }, (_, i) =>
      count === 1 ? length / 2 : side / 2 + (i * (length - side)) / (count - 1),
    );
  };
  return places(height).flatMap((y) => places(width).map((x) => ({ x, y, side, angle })));
}

/** A photo, or the same one with fewer pixels. @typedef {{image: Image, scale: number}} Source scale: the photo's pixels in one of these, along a side */

/** What the detector sees in a window, in the photo's pixels. @param {Source} source @param {Window} window of the photo @param {Detector} detect */
function look({ image, scale }, window, detect) {
  const { x, y, side, angle } = window;
  const pixels = pixelsOf(image, { x: x / scale, y: y / scale, side: side / scale, angle }, INPUT, false);
  return detect(pixels).map(({ score, x: u, y: v, width, eyes, mouth }) => {
    const [cx, cy] = toPhoto(window, [u, v]);
    const both = /** @type {[Point, Point]} */ (eyes.map((eye) => toPhoto(window, eye)));
    return { score, x: cx, y: cy, width: width * side, eyes: both, mouth: toPhoto(window, mouth) };
  });
}

/** @param {Image} image @param {Detector} detect @returns {ReturnType<typeof look>} faces that were looked at twice */
function confirmedIn(image, detect) {
  const { width, height } = image;
  const longer = Math.max(width, height);
  const scale = Math.max(1, Math.floor(longer / (2 * INPUT)));
  const full = { image, scale: 1 };
  const small = { image: reduce(image, scale), scale };
  /** Upright and large, once more. @param {{eyes: [Point, Point], mouth: Point}} candidate */
  const confirm = ({ eyes, mouth }) => {
    const first = windowOf(eyes, mouth);
    const near = { ...first, side: 1.5 * first.side };
    return look(near.side > scale * INPUT ? small : full, near, detect)
      .filter(({ score, x, y, width: wide }) => score >= CONFIRMED && Math.hypot(x - near.x, y - near.y) < wide)
      .slice(0, 1);
  };
  const search = (/** @type {Window[]} */ windows) =>
    withoutDoubles(windows.flatMap((window) => look(small, window, detect))).flatMap(confirm);

  /** @type {ReturnType<typeof look>} */
  let faces = [];
  let angle = 0;
  for (const quarter of [0, 1, 3, 2]) {
    const turned = (quarter * Math.PI) / 2;
    faces = search([{ x: width / 2, y: height / 2, side: longer, angle: turned }]);
    if (!faces.length) continue;
    angle = turned; // the turn that shows a face is the photo's
    break;
  }
  if (longer > WHOLE_ENOUGH) faces.push(...search(halves(image, angle)));
  return withoutDoubles(faces);
}

/** @param {Image} image @param {Window} window @returns {{sharpness: number, fault: Fault}} */
function judge(image, window) {
  const sharpness = sharpnessOf(pixelsOf(image, window, 64, true));
  /** @type {Fault} */
  let fault = '';
  if (window.side < LEAST_SIDE) fault = 'small';
  else if (shareInside(image, window) < LEAST_INSIDE) fault = 'cut';
  else if (sharpness < LEAST_SHARPNESS) fault = 'blurred';
  return { sharpness, fault };
}

/**
 * @param {Image} image a photo @param {Detector} detect
 * @returns {Face[]} the largest first
 */
export function findFaces(image, detect) {
  return confirmedIn(image, detect)
    .map(({ score, eyes, mouth }) => {
      const window = windowOf(eyes, mouth);
      return { window, score, ...judge(image, window) };
    })
    .sort((a, b) => b.window.side - a.window.side);
}

/** A photo that is a face's picture already stays as it is: almost the face's own square. @param {Image} image @param {Face[]} faces */
export function isFacePicture({ width, height }, faces) {
  if (faces.length !== 1 || Math.max(width, height) > 1.2 * Math.min(width, height)) return false;
  const { x, y, side, angle } = faces[0].window;
  const whole = Math.min(width, height);
  const apart = Math.hypot(x - width / 2, y - height / 2);
  return side > 0.8 * whole && apart < 0.12 * whole && Math.abs(angle) < Math.PI / 15;
}
