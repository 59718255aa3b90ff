// @ts-check
// Which tiles are chosen. Plain data: each function gives the next. `order` is the ids as they are seen.

/** @typedef {{chosen: ReadonlySet<number>, focus: number | null, anchor: number | null}} Selection */

/** @type {Selection} */
export const NONE = { chosen: new Set(), focus: null, anchor: null };

/** @param {readonly number[]} order @param {number | null} from @param {number} to */
function between(order, from, to) {
  const [a, b] = [from === null ? -1 : order.indexOf(from), order.indexOf(to)];
  return a < 0 ? [to] : order.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/**
 * Click: this one alone. With Ctrl: this one too, or no more. With Shift: all from the last one on.
 * @param {Selection} selection
 * @param {readonly number[]} order
 * @param {number} id
 * @param {{adds?: boolean, ranges?: boolean}} how
 * @returns {Selection}
 */
export function clicked(selection, order, id, { adds = false, ranges = false }) {
  if (ranges) {
    const range = between(order, selection.anchor, id);
    const chosen = new Set(adds ? [...selection.chosen, ...range] : range);
    return { chosen, focus: id, anchor: selection.anchor ?? id };
  }
  if (!adds) return { chosen: new Set([id]), focus: id, anchor: id };
  const chosen = new Set(selection.chosen);
  if (!chosen.delete(id)) chosen.add(id);
  return { chosen, focus: id, anchor: id };
}

/** A frame was drawn over these. @param {Selection} selection @param {Iterable<number>} ids @param {boolean} adds @returns {Selection} */
export function framed(selection, ids, adds) {
  return { ...selection, chosen: new Set(adds ? [...selection.chosen, ...ids] : ids) };
}

/** Arrows: `by` tiles on; with Shift all on the way. @param {Selection} selection @param {readonly number[]} order @param {number} by @param {boolean} ranges @returns {Selection} */
export function stepped(selection, order, by, ranges) {
  const now = selection.focus === null ? -1 : order.indexOf(selection.focus);
  const next = order[now < 0 ? 0 : Math.min(order.length - 1, Math.max(0, now + by))];
  return next === undefined ? selection : clicked(selection, order, next, { ranges });
}

/** All of them. @param {Selection} selection @param {readonly number[]} ids @returns {Selection} */
export const all = (selection, ids) => ({ ...selection, chosen: new Set(ids) });
