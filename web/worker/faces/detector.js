/**
 * BlazeFace (Bazarevsky and others, 2019, "BlazeFace: sub-millisecond neural face detection on mobile GPUs"): a network that
 * finds faces, their eyes and mouth in 256 x 256 pixels. The trained one comes with the package @vladmandic/human.
 */

/** @typedef {import('./window.js').Point} Point */
/** In the window, 0 to 1; width: of the face's box. @typedef {{score: number, x: number, y: number, width: number, eyes: [Point, Point], mouth: Point}} Candidate */
/** @typedef {(rgba: Uint8ClampedArray) => Candidate[]} Detector of 256 x 256 x 4 */

export const INPUT = 256;
/** The network's two grids: cells a side, boxes a cell. */
const GRIDS = [
  [16, 2],
  [8, 6],
];
/** Numbers a box: middle, size, six points of two. */
const FIELDS = 16;

/** The middles that the network's boxes are relative to. @type {Point[]} */
const ANCHORS = GRIDS.flatMap(([side, boxes]) =>
  Array.from({ length: side * side * boxes }, (_, i) => {
    const cell = Math.floor(i / boxes);
    return /** @type {Point} */ ([((cell % side) + 0.5) / side, (Math.floor(cell / side) + 0.5) / side]);
  }),
);

/** Keeps the best of the faces that lie together. @template {{score: number, x: number, y: number, width: number}} T @param {T[]} faces @returns {T[]} */
export function withoutDoubles(faces) {
  /** @type {T[]} */
  const kept = [];
  for (const face of [...faces].sort((a, b) => b.score - a.score))
    if (kept.every(({ x, y, width }) => Math.hypot(face.x - x, face.y - y) > 0.5 * Math.max(width, face.width)))
      kept.push(face);
  return kept;
}

/**
 * @param {any} tf TensorFlow.js @param {any} model the network as a graph model
 * @param {number} least score of what it tells
 * @returns {Detector}
 */
export function detectorOf(tf, model, least) {
  return (rgba) => {
    const input = new Float32Array(INPUT * INPUT * 3);
    for (let i = 0; i < INPUT * INPUT; i++) for (let c = 0; c < 3; c++) input[3 * i + c] = rgba[4 * i + c] / 127.5 - 1;
    /** @type {any[]} */
    const outputs = tf.tidy(() => model.execute(tf.tensor4d(input, [1, INPUT, INPUT, 3])));
    /** @param {number} boxes @param {number} fields @returns {Float32Array} */
    const read = (boxes, fields) => outputs.find(({ shape }) => shape[1] === boxes && shape[2] === fields).dataSync();
    /** @type {Candidate[]} */
    const found = [];
    let first = 0;
    for (const [side, each] of GRIDS) {
      const count = side * side * each;
      const scores = read(count, 1);
      const fields = read(count, FIELDS);
      for (let i = 0; i < count; i++) {
        const score = 1 / (1 + Math.exp(-scores[i]));
        if (!(score >= least)) continue;
        const [ax, ay] = ANCHORS[first + i];
        const at = (/** @type {number} */ k) =>
          /** @type {Point} */ ([ax + fields[i * FIELDS + k] / INPUT, ay + fields[i * FIELDS + k + 1] / INPUT]);
        const [x, y] = at(0);
        found.push({ score, x, y, width: fields[i * FIELDS + 2] / INPUT, eyes: [at(4), at(6)], mouth: at(10) });
      }
      first += count;
    }
    tf.dispose(outputs);
    return withoutDoubles(found);
  };
}
