// @ts-check
// A rater's layer of marks over a picture, as plain data: each function gives the next state of one.

/** A box that somebody marked a spine by; `class` is empty where they gave none. @typedef {{box_px: Box, class: string}} Mark */

/**
 * @typedef {object} Layer
 * @property {number} width_px Of the picture as it is shown.
 * @property {number} height_px
 * @property {readonly Mark[]} marks
 * @property {readonly Point[]} outline The points of an outline, in studies that ask for one.
 * @property {number | null} chosen The place of the chosen mark.
 * @property {Box | null} draft A box that is being drawn.
 * @property {Point | null} cursor The cross that keys move.
 * @property {boolean} draws Whether dragging draws; else it moves the picture.
 * @property {string} error
 */

const SMALLEST_PX = 3;
const USUAL_SHARE = 0.03;
const CLOSE_PX = 3;

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** @param {readonly number[]} values @param {number} otherwise */
const median = (values, otherwise) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? otherwise;

/** The box between two places, within the picture. @param {Layer} layer @param {Point} from @param {Point} to @returns {Box} */
export function boxBetween({ width_px: across, height_px: down }, [x0, y0], [x1, y1]) {
  const left = clamp(Math.min(x0, x1), 0, across);
  const top = clamp(Math.min(y0, y1), 0, down);
  return [left, top, clamp(Math.max(x0, x1), 0, across) - left, clamp(Math.max(y0, y1), 0, down) - top];
}

/** A box of the usual size around a place: the median of those that stand there. @param {Layer} layer @param {Point} place @returns {Box} */
export function boxAround(layer, [x, y]) {
  const usual = USUAL_SHARE * Math.max(layer.width_px, layer.height_px);
  const width = median(layer.marks.map(({ box_px }) => box_px[2]), usual);
  const height = median(layer.marks.map(({ box_px }) => box_px[3]), usual);
  return boxBetween(layer, [x - width / 2, y - height / 2], [x + width / 2, y + height / 2]);
}

/** A mark more, which is chosen; what is too small to be meant is left out. @param {Layer} layer @param {Box} box @returns {Layer} */
export function withMark(layer, box) {
  if (Math.min(box[2], box[3]) < SMALLEST_PX) return { ...layer, draft: null };
  return { ...layer, draft: null, marks: [...layer.marks, { box_px: box, class: "" }], chosen: layer.marks.length };
}

/** @param {Layer} layer @returns {Layer} */
export function withoutChosen(layer) {
  if (layer.chosen === null) return layer;
  return { ...layer, marks: layer.marks.filter((_mark, at) => at !== layer.chosen), chosen: null };
}

/** @param {Layer} layer @param {(mark: Mark) => Mark} change @returns {Layer} */
const changed = (layer, change) =>
  layer.chosen === null ? layer : { ...layer, marks: layer.marks.map((mark, at) => (at === layer.chosen ? change(mark) : mark)) };

/** Give the chosen mark a class; given again, it is taken back. @param {Layer} layer @param {string} key @returns {Layer} */
export const withClass = (layer, key) => changed(layer, (mark) => ({ ...mark, class: mark.class === key ? "" : key }));

/** Move the chosen mark. @param {Layer} layer @param {Point} by @returns {Layer} */
export const moved = (layer, [dx, dy]) =>
  changed(layer, ({ box_px: [x, y, width, height], ...mark }) => ({
    ...mark,
    box_px: [clamp(x + dx, 0, layer.width_px - width), clamp(y + dy, 0, layer.height_px - height), width, height],
  }));

/** Choose the mark that comes `by` places later in the list, round the ends. @param {Layer} layer @param {number} by @returns {Layer} */
export function stepped(layer, by) {
  const { marks, chosen } = layer;
  if (!marks.length) return layer;
  const next = chosen === null ? (by > 0 ? 0 : marks.length - 1) : (chosen + by + marks.length) % marks.length;
  return { ...layer, chosen: next };
}

/** The place of the smallest mark that holds a place of the picture, or null. @param {Layer} layer @param {Point} place @param {number} slack_px */
export function markAt({ marks }, [x, y], slack_px) {
  const hit = [...marks.keys()].filter((at) => {
    const [left, top, width, height] = marks[at]?.box_px ?? [0, 0, 0, 0];
    return x >= left - slack_px && x <= left + width + slack_px && y >= top - slack_px && y <= top + height + slack_px;
  });
  const area = (/** @type {number} */ at) => (marks[at]?.box_px[2] ?? 0) * (marks[at]?.box_px[3] ?? 0);
  return hit.sort((a, b) => area(a) - area(b))[0] ?? null;
}

/** A point more of the outline; a second one in the same place is the half of a double click. @param {Layer} layer @param {Point} point @param {number} scale @returns {Layer} */
export function withPoint(layer, point, scale) {
  const before = layer.outline.at(-1);
  if (before && Math.hypot(before[0] - point[0], before[1] - point[1]) * scale < CLOSE_PX) return layer;
  return { ...layer, outline: [...layer.outline, point] };
}

/** What is sent: a single point or line is no outline yet. @param {Layer} layer @param {boolean} isOutline */
export const sent = ({ marks, outline }, isOutline) =>
  JSON.stringify(isOutline ? (outline.length > 2 ? [{ outline_px: outline }] : []) : marks);
