/** Bytes of pictures: three a pixel inside the engine, four on a canvas and in PNG files. */

/**
 * Makes RGB bytes opaque RGBA.
 * @param {Uint8Array} rgb
 * @param {Uint8ClampedArray<ArrayBuffer>} rgba new, or where they go
 * @param {number} first the pixel of `rgba` that they begin at
 */
export function rgbaFromRgb(rgb, rgba = new Uint8ClampedArray((rgb.length / 3) * 4), first = 0) {
  for (let i = 0, at = 4 * first; i < rgb.length; i += 3, at += 4) {
    rgba[at] = rgb[i];
    rgba[at + 1] = rgb[i + 1];
    rgba[at + 2] = rgb[i + 2];
    rgba[at + 3] = 255;
  }
  return rgba;
}
