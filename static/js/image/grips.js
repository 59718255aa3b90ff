// @ts-check
// The grips of a box, at its corners and sides: which one is under a place, and what dragging it makes of the box.

const SMALLEST_PX = 2;

/**
 * Which sides of a box go along: -1 left or top, 1 right or bottom, 0 neither; the whole box where both are 0.
 * @typedef {{x: -1 | 0 | 1, y: -1 | 0 | 1}} Grip
 */

/** @type {readonly Grip[]} */
const GRIPS = [
  { x: -1, y: -1 }, { x: 1, y: -1 }, { x: -1, y: 1 }, { x: 1, y: 1 },
  { x: 0, y: -1 }, { x: 0, y: 1 }, { x: -1, y: 0 }, { x: 1, y: 0 },
];

/** @param {Box} box @param {Grip} grip @returns {Point} */
const placeOf = ([left, top, width, height], { x, y }) => [left + ((x + 1) / 2) * width, top + ((y + 1) / 2) * height];

/** Where the grips of a box are. @param {Box} box @returns {Point[]} */
export const gripsOf = (box) => GRIPS.map((grip) => placeOf(box, grip));

/**
 * The nearest grip within reach of a place; else the whole box where the place lies in it and `moves`; else null.
 * @param {Box} box
 * @param {Point} place
 * @param {{reach_px: number, moves: boolean}} how
 * @returns {Grip | null}
 */
export function gripAt(box, place, { reach_px, moves }) {
  const away = (/** @type {Grip} */ grip) => {
    const [x, y] = placeOf(box, grip);
    return Math.hypot(place[0] - x, place[1] - y);
  };
  const nearest = [...GRIPS].sort((a, b) => away(a) - away(b))[0];
  if (nearest && away(nearest) <= reach_px) return nearest;
  const [left, top, width, height] = box;
  const [dx, dy] = [place[0] - left, place[1] - top];
  return moves && dx >= 0 && dx <= width && dy >= 0 && dy <= height ? { x: 0, y: 0 } : null;
}

/**
 * A side of a box, dragged by so much: where it starts and how long it is, within the image.
 * @param {number} start
 * @param {number} length
 * @param {number} by
 * @param {{end: -1 | 0 | 1, isMoved: boolean, most: number}} how
 */
function dragged(start, length, by, { end, isMoved, most }) {
  if (isMoved) return [Math.min(Math.max(start + by, 0), most - length), length];
  if (end < 0) {
    const first = Math.min(Math.max(start + by, 0), start + length - SMALLEST_PX);
    return [first, start + length - first];
  }
  return [start, end > 0 ? Math.min(Math.max(length + by, SMALLEST_PX), most - start) : length];
}

/**
 * The box after its grip went from one place to another.
 * @param {Box} box
 * @param {Grip} grip
 * @param {Point} from
 * @param {Point} to
 * @param {{width_px: number, height_px: number}} image
 * @returns {Box}
 */
export function boxAfter(box, grip, from, to, image) {
  const isMoved = grip.x === 0 && grip.y === 0;
  const [x = 0, width = 0] = dragged(box[0], box[2], to[0] - from[0], { end: grip.x, isMoved, most: image.width_px });
  const [y = 0, height = 0] = dragged(box[1], box[3], to[1] - from[1], { end: grip.y, isMoved, most: image.height_px });
  return [x, y, width, height];
}
