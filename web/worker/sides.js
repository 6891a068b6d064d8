/** How large the picture in a file is, from its first bytes; the file is not decoded. */

/** @param {DataView} view @param {number} at @param {number} length @returns {string} */
const textAt = (view, at, length) =>
  String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, Math.min(length, view.byteLength - at)));

/** The frame header of a JPEG, behind segments of any kind (ITU-T T.81, B.2.2). @param {DataView} view */
function sidesOfJpeg(view) {
  for (let at = 2; at + 9 < view.byteLength;) {
    const marker = view.getUint16(at);
    if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker))
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
    at += marker === 0xffff ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/** @param {DataView} view @returns {number[] | null} */
function sidesOfWebp(view) {
  const three = (/** @type {number} */ at) => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  const kind = textAt(view, 12, 4);
  if (kind === 'VP8X') return [three(24), three(27)];
  if (kind === 'VP8 ') return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  const bits = view.getUint32(21, true);
  return kind === 'VP8L' ? [1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff)] : null;
}

/** @param {DataView} view @returns {number[] | null} */
function sidesIn(view) {
  const head = textAt(view, 0, 12);
  if (head.startsWith('\x89PNG')) return [view.getUint32(16), view.getUint32(20)];
  if (head.startsWith('\xff\xd8')) return sidesOfJpeg(view);
  if (head.startsWith('GIF8')) return [view.getUint16(6, true), view.getUint16(8, true)];
  if (head.startsWith('BM')) return [view.getUint32(18, true), Math.abs(view.getInt32(22, true))];
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return sidesOfWebp(view);
  const [, width, height] = /^P[1-6]\s+(?:#.*\s+)*(\d+)\s+(\d+)\s/.exec(textAt(view, 0, 100)) ?? [];
  return width ? [Number(width), Number(height)] : null;
}

/** @param {Uint8Array} bytes the first of a file @returns {[number, number] | null} the shorter and the longer side; null: unknown */
export function sidesOf(bytes) {
  try {
    const sides = sidesIn(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return sides && sides.every((side) => side > 0) ? [Math.min(...sides), Math.max(...sides)] : null;
  } catch {
    return null; // cut off
  }
}
