// Geometry of polylines [[x, y], …].

/** The place on a line that is nearest to a point: {place, distance, along}, `along` from the line's start. */
export function nearestOn(points, [x, y]) {
  let best = { place: points[0], distance: Infinity, along: 0 };
  let before = 0;
  for (let n = 1; n < points.length; n += 1) {
    const [[x0, y0], [x1, y1]] = [points[n - 1], points[n]];
    const length = Math.hypot(x1 - x0, y1 - y0);
    const share = length ? Math.min(Math.max(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length ** 2, 0), 1) : 0;
    const place = [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
    const distance = Math.hypot(x - place[0], y - place[1]);
    if (distance < best.distance) best = { place, distance, along: before + share * length };
    before += length;
  }
  return best;
}

export const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);

/** A line with more points at that end which is nearer to the first of them. */
export function extended(points, more) {
  const atStart = distance(points[0], more[0]) < distance(points.at(-1), more[0]);
  return atStart ? [...more.toReversed(), ...points] : [...points, ...more];
}
