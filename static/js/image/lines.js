// @ts-check
// Geometry of polylines, which have two points at least.

/** @param {Point} from @param {Point} to */
export const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);

/** The place between two points that is nearest to a third. @param {Point} from @param {Point} to @param {Point} point @returns {Point} */
function nearestBetween([x0, y0], [x1, y1], [x, y]) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const share = length ? ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length ** 2 : 0;
  const within = Math.min(Math.max(share, 0), 1);
  return [x0 + within * (x1 - x0), y0 + within * (y1 - y0)];
}

/**
 * The place on a line that is nearest to a point, and how far it is.
 * @param {readonly Point[]} points
 * @param {Point} point
 */
export function nearestOn(points, point) {
  let place = first(points);
  let least = Infinity;
  let before = place;
  for (const next of points.slice(1)) {
    const candidate = nearestBetween(before, next, point);
    const away = distance(candidate, point);
    if (away < least) [place, least] = [candidate, away];
    before = next;
  }
  return { place, distance: least };
}

/**
 * The line that is nearest to a point, of rows that have one; null where there is no row.
 * @template {{points_px: readonly Point[]}} Row
 * @param {readonly Row[]} rows
 * @param {Point} point
 */
export function nearestLine(rows, point) {
  const found = rows.map((row) => ({ row, ...nearestOn(row.points_px, point) }));
  return found.sort((a, b) => a.distance - b.distance)[0] ?? null;
}

/** @param {readonly Point[]} points @returns {Point} */
export function first(points) {
  const point = points[0];
  if (!point) throw new Error("A line has points.");
  return point;
}

/** @param {readonly Point[]} points @returns {Point} */
export const last = (points) => points.at(-1) ?? first(points);

/**
 * A closed line with as few points as keep it within so much of where it ran (Ramer, Douglas and Peucker).
 * @param {readonly Point[]} points
 * @param {number} off_px
 * @returns {Point[]}
 */
export function simplified(points, off_px) {
  const half = Math.floor(points.length / 2);
  const [one, other] = [points.slice(0, half + 1), [...points.slice(half), first(points)]];
  return [...thinned(one, off_px).slice(0, -1), ...thinned(other, off_px).slice(0, -1)];
}

/** @param {readonly Point[]} points @param {number} off_px @returns {Point[]} */
export function thinned(points, off_px) {
  const [start, end] = [first(points), last(points)];
  const away = points.map((point) => distance(nearestBetween(start, end, point), point));
  const furthest = Math.max(...away);
  if (furthest <= off_px) return [start, end];
  const at = away.indexOf(furthest);
  return [...thinned(points.slice(0, at + 1), off_px).slice(0, -1), ...thinned(points.slice(at), off_px)];
}

/** Which point is within reach of a place; null: none. @param {readonly Point[]} points @param {Point} place @param {number} reach_px */
export const pointWithin = (points, place, reach_px) => nearestOf(points.map((point) => distance(point, place)), reach_px);

/** After which point a place lies on a line, within reach; null: it lies off it. @param {readonly Point[]} points @param {Point} place @param {number} reach_px */
export const sideWithin = (points, place, reach_px) =>
  nearestOf(points.slice(1).map((point, n) => distance(nearestBetween(points[n] ?? point, point, place), place)), reach_px);

/** @param {readonly number[]} away @param {number} reach */
function nearestOf(away, reach) {
  const nearest = away.indexOf(Math.min(...away));
  return nearest >= 0 && (away[nearest] ?? Infinity) <= reach ? nearest : null;
}

/** The point in the middle of a line's points. @param {readonly Point[]} points @returns {Point} */
export const middle = (points) => points[Math.floor(points.length / 2)] ?? first(points);

/** That end of a line which is nearer to a point. @param {readonly Point[]} points @param {Point} point */
export function nearerEnd(points, point) {
  const [start, end] = [first(points), last(points)];
  return distance(start, point) < distance(end, point) ? start : end;
}

/**
 * A line with more points at that end which is nearer to the first of them.
 * @param {readonly Point[]} points
 * @param {readonly Point[]} more
 * @returns {Point[]}
 */
export function extended(points, more) {
  const atStart = nearerEnd(points, first(more)) === points[0];
  return atStart ? [...[...more].reverse(), ...points] : [...points, ...more];
}
