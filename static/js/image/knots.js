// @ts-check
// The points of a dendrite's line, moved, put in and taken out. Each function gives a new state; nothing is saved here.

import { distance } from "./lines.js";
import { chosenDendrite, isDrawing } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Knots} Knots */

const LEAST_POINTS = 2;

/** Begin to set the points of the chosen dendrite. @param {State} state @returns {State} */
export function withKnots(state) {
  const row = chosenDendrite(state);
  if (!row || isDrawing(state)) return state;
  return { ...state, knots: { of: row.id, points: row.points_px, chosen: 0, before: [], after: [] }, layers: { ...state.layers, dendrites: true } };
}

/** @param {State} state @returns {State} */
export const withoutKnots = (state) => ({ ...state, knots: null });

/** @param {State} state @param {Partial<Knots>} change @returns {State} */
const changed = (state, change) => (state.knots ? { ...state, knots: { ...state.knots, ...change } } : state);

/** Other points; the last ones are kept to go back to. @param {State} state @param {readonly Point[]} points @param {number} chosen */
function reshaped(state, points, chosen) {
  const { knots } = state;
  return knots ? changed(state, { points, chosen, before: [...knots.before, knots.points], after: [] }) : state;
}

/** @param {State} state @param {number} chosen */
export const withKnotChosen = (state, chosen) => changed(state, { chosen });

/** Choose the point that comes so many places after the chosen one, round the ends. @param {State} state @param {number} by */
export function withKnotAfter(state, by) {
  const { chosen, points } = state.knots ?? { chosen: 0, points: [] };
  return changed(state, { chosen: (chosen + by + points.length) % points.length });
}

/** Begin to move a point: what was before it can be gone back to. @param {State} state @param {number} chosen */
export const withKnotHeld = (state, chosen) => (state.knots ? reshaped(state, state.knots.points, chosen) : state);

/** The chosen point elsewhere. @param {State} state @param {Point} place */
export function withKnotAt(state, place) {
  const { knots } = state;
  return knots ? changed(state, { points: knots.points.map((point, n) => (n === knots.chosen ? place : point)) }) : state;
}

/** A point after another one, chosen. @param {State} state @param {number} after @param {Point} place */
export function withKnotInserted(state, after, place) {
  const points = state.knots?.points ?? [];
  return reshaped(state, [...points.slice(0, after + 1), place, ...points.slice(after + 1)], after + 1);
}

/** A point in the middle between the chosen one and the next; from the last one, the one before. @param {State} state */
export function withKnotBetween(state) {
  const { chosen, points } = state.knots ?? { chosen: 0, points: [] };
  const after = Math.min(chosen, points.length - 2);
  const [from, to] = [points[after], points[after + 1]];
  return from && to ? withKnotInserted(state, after, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]) : state;
}

/** Without the chosen point; a line keeps two. @param {State} state */
export function withoutKnot(state) {
  const { chosen, points } = state.knots ?? { chosen: 0, points: [] };
  if (points.length <= LEAST_POINTS) return state;
  return reshaped(state, points.filter((_, n) => n !== chosen), Math.min(chosen, points.length - 2));
}

/** The last step back. @param {State} state */
export function knotsBack(state) {
  const { before, after, points, chosen } = state.knots ?? { before: [], after: [], points: [], chosen: 0 };
  const was = before.at(-1);
  return was ? changed(state, { points: was, before: before.slice(0, -1), after: [...after, points], chosen: Math.min(chosen, was.length - 1) }) : state;
}

/** The step that was taken back last, again. @param {State} state */
export function knotsForward(state) {
  const { before, after, points, chosen } = state.knots ?? { before: [], after: [], points: [], chosen: 0 };
  const next = after.at(-1);
  return next ? changed(state, { points: next, before: [...before, points], after: after.slice(0, -1), chosen: Math.min(chosen, next.length - 1) }) : state;
}

/** The chosen dendrite, as long as the points make it that are being set. @param {State} state */
export function dendriteAsSet(state) {
  const row = chosenDendrite(state);
  const points = state.knots?.points;
  if (!row || row.id !== state.knots?.of || !points || points === row.points_px) return row;
  const length_px = points.slice(1).reduce((sum, point, n) => sum + distance(points[n] ?? point, point), 0);
  const { pixel_size_um: um } = state.image;
  const length_um = um && length_px * um;
  return { ...row, points_px: [...points], length_px, length_um, spines_per_um: length_um ? row.spines / length_um : null };
}
