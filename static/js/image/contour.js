// @ts-check
// An outline that is being set: by its points, or with a round brush. Each function gives a new state; nothing is saved here.

import { newKey } from "./keys_of_edits.js";
import { simplified } from "./lines.js";
import { chosenSpine, isDrawing } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Contour} Contour */
/** @typedef {import("./state.js").Stroke} Stroke */

const ELLIPSE_POINTS = 16;
const USUAL_BRUSH_SHARE = 0.14;
const SMALLEST_BRUSH_PX = 0.5;
const WIDEST_BRUSH_PX = 200;
const BRUSH_STEP = 1.25;
const OFF_PX = 0.3; // a point less must not move the line further
const LEAST_POINTS = 3;

/** The ellipse in a box: where nothing was measured. @param {Box} box @returns {Point[]} */
export const ellipseIn = ([x, y, width, height]) => Array.from({ length: ELLIPSE_POINTS }, (_, n) => {
  const angle = (2 * Math.PI * n) / ELLIPSE_POINTS;
  return [x + (width / 2) * (1 + Math.cos(angle)), y + (height / 2) * (1 + Math.sin(angle))];
});

/** Begin to set the chosen spine's outline. @param {State} state @returns {State} */
export function withContour(state) {
  const spine = chosenSpine(state);
  if (!spine || spine.rejected || isDrawing(state)) return state;
  const points = spine.outline_px ?? ellipseIn(spine.box_px);
  const radius_px = Math.max(1, USUAL_BRUSH_SHARE * Math.min(spine.box_px[2], spine.box_px[3]));
  const contour = {
    of: spine.id, key: newKey(), mode: /** @type {const} */ ("brush"), points, strokes: [], erases: false, radius_px,
    chosen: null, cursor: null, byKeys: false, told: null, before: [],
  };
  return { ...state, contour, layers: { ...state.layers, outlines: true } };
}

/** @param {State} state @returns {State} */
export const withoutContour = (state) => ({ ...state, contour: null });

/** @param {State} state @param {Partial<Contour>} change @returns {State} */
export const changed = (state, change) => (state.contour ? { ...state, contour: { ...state.contour, ...change } } : state);

/** Other points, the last ones kept to go back to. @param {State} state @param {readonly Point[]} points @param {Partial<Contour>} more */
function reshaped(state, points, more = {}) {
  const { contour } = state;
  return contour ? changed(state, { points, before: [...contour.before, contour.points], ...more }) : state;
}

/** @param {State} state @param {"brush" | "points"} mode */
export function withMode(state, mode) {
  if (!state.contour || state.contour.mode === mode) return state;
  const { points } = state.contour;
  return mode === "points" ? changed(state, { mode, points: simplified(points, OFF_PX), chosen: 0 }) : changed(state, { mode, chosen: null });
}

/** @param {State} state @param {1 | -1} by */
export function withBrush(state, by) {
  const radius = (state.contour?.radius_px ?? 1) * BRUSH_STEP ** by;
  return changed(state, { radius_px: Math.min(Math.max(radius, SMALLEST_BRUSH_PX), WIDEST_BRUSH_PX) });
}

/** Choose the point that comes so many places after the chosen one. @param {State} state @param {number} by */
export function withPointAfter(state, by) {
  const n = state.contour?.points.length ?? 0;
  return changed(state, { chosen: ((state.contour?.chosen ?? (by < 0 ? 0 : -1)) + by + n) % n, byKeys: true });
}

/** Begin to move a point: what was before it can be gone back to. @param {State} state @param {number} chosen */
export const withHeld = (state, chosen) => reshaped(state, state.contour?.points ?? [], { chosen });

/** The chosen point elsewhere. @param {State} state @param {Point} place */
export function withChosenAt(state, place) {
  const { chosen, points } = state.contour ?? { chosen: null, points: [] };
  return chosen === null ? state : changed(state, { points: points.map((point, n) => (n === chosen ? place : point)) });
}

/** A point between two, chosen. @param {State} state @param {number} after @param {Point} place */
export function withInserted(state, after, place) {
  const points = state.contour?.points ?? [];
  return reshaped(state, [...points.slice(0, after + 1), place, ...points.slice(after + 1)], { chosen: after + 1 });
}

/** A point in the middle between the chosen one and the next. @param {State} state */
export function withPointBetween(state) {
  const { chosen, points } = state.contour ?? { chosen: null, points: [] };
  const [from, to] = [points[chosen ?? 0], points[((chosen ?? 0) + 1) % points.length]];
  return from && to ? withInserted(state, chosen ?? 0, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]) : state;
}

/** Without the chosen point. @param {State} state */
export function withoutChosen(state) {
  const { chosen, points } = state.contour ?? { chosen: null, points: [] };
  if (chosen === null || points.length <= LEAST_POINTS) return state;
  return reshaped(state, points.filter((_, n) => n !== chosen), { chosen: chosen % (points.length - 1) });
}

/** The last step back: true where there was one. @param {State} state */
export function stepBack(state) {
  const { before, strokes } = state.contour ?? { before: [], strokes: [] };
  if (strokes.length) return changed(state, { strokes: strokes.slice(0, -1) });
  const points = before.at(-1);
  return points ? changed(state, { points, before: before.slice(0, -1), told: null, chosen: state.contour?.mode === "points" ? 0 : null }) : state;
}

/** A stroke of the brush as it stands. @param {Contour} contour @param {readonly Point[]} points @returns {Stroke} */
export const strokeOf = ({ radius_px, erases }, points) => ({ points, radius_px, erases });

/** One stroke more, or the last one longer. @param {State} state @param {Stroke} stroke @param {{longer: boolean}} how */
export function withStroke(state, stroke, { longer }) {
  const strokes = state.contour?.strokes ?? [];
  return changed(state, { strokes: [...(longer ? strokes.slice(0, -1) : strokes), stroke] });
}

/**
 * What the server says an outline measures; `sent` are the strokes that went into it, none while one is being painted.
 * @param {State} state
 * @param {SketchRow} told
 * @param {{of: Contour, sent: readonly Stroke[]}} how
 */
export function withTold(state, told, { of, sent }) {
  const { contour } = state;
  if (!contour || contour.of !== of.of || contour.points !== of.points) return state;
  if (!sent.length) return changed(state, { told });
  if (sent.some((stroke, n) => contour.strokes[n] !== stroke)) return state;
  return reshaped(state, told.outline_px, { told, strokes: contour.strokes.slice(sent.length) });
}
