// @ts-check
// A box that is being added: dragged, or placed by a click or Enter, then moved by arrows. Not saved before it has a class.

import { at, said } from "../dom.js";
import { newKey } from "./keys_of_edits.js";

/** @typedef {import("./state.js").State} State */

const SMALLEST_PX = 2;
const USUAL_SHARE = 0.03;
const NUDGE_PX = 4;

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** @param {number[]} values @param {number} otherwise Where there are none. */
function median(values, otherwise) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? otherwise;
}

/**
 * Begin to add a spine, or to set the box of one; or put another box in the place of the last.
 * @param {State} state
 * @param {Box | null} box
 * @param {number | null} of
 * @returns {State}
 */
export const withDraft = (state, box, of = state.draft?.of ?? null) => ({ ...state, draft: { key: newKey(), box, of } });

/** @param {State} state @returns {State} */
export const withoutDraft = (state) => ({ ...state, draft: null });

/** A box between two places of the image. @param {State} state @param {Point} from @param {Point} to */
export function draftBetween(state, [x0, y0], [x1, y1]) {
  const { width_px: across, height_px: down } = state.image;
  const left = clamp(Math.min(x0, x1), 0, across - SMALLEST_PX);
  const top = clamp(Math.min(y0, y1), 0, down - SMALLEST_PX);
  const width = clamp(Math.max(x0, x1) - left, SMALLEST_PX, across - left);
  const height = clamp(Math.max(y0, y1) - top, SMALLEST_PX, down - top);
  return withDraft(state, [left, top, width, height]);
}

/** A box of the usual size around a place of the image. @param {State} state @param {Point} place */
export function draftAround(state, [x, y]) {
  const { width_px: across, height_px: down } = state.image;
  const boxes = state.spines.filter(({ rejected }) => !rejected).map(({ box_px }) => box_px);
  const usual = USUAL_SHARE * Math.max(across, down);
  const width = Math.min(median(boxes.map((box) => box[2]), usual), across);
  const height = Math.min(median(boxes.map((box) => box[3]), usual), down);
  return withDraft(state, [clamp(x - width / 2, 0, across - width), clamp(y - height / 2, 0, down - height), width, height]);
}

/**
 * Move the box by steps, or with `sizes` change its size; `scale` is pixels of the screen per pixel of the image.
 * @param {State} state
 * @param {Point} by
 * @param {{sizes: boolean, scale: number}} how
 */
export function nudged(state, [dx, dy], { sizes, scale }) {
  if (!state.draft?.box) return state;
  const step = Math.max(0.5, NUDGE_PX / scale);
  const [x, y, width, height] = state.draft.box;
  const { width_px: across, height_px: down } = state.image;
  if (sizes) {
    return withDraft(state, [x, y, clamp(width + dx * step, SMALLEST_PX, across - x), clamp(height + dy * step, SMALLEST_PX, down - y)]);
  }
  return withDraft(state, [clamp(x + dx * step, 0, across - width), clamp(y + dy * step, 0, down - height), width, height]);
}

/**
 * One click: the box that the detector kept there, below the threshold, in the place of the one of the usual size.
 * @param {import("./state.js").ImageStore} store
 * @param {Point} place
 */
async function askForBox(store, [x_px, y_px]) {
  const key = store.state.draft?.key;
  const query = new URLSearchParams({ x_px: String(x_px), y_px: String(y_px) });
  const answer = await fetch(`${said(at("review"), "boxAt")}?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  /** @type {{box_px: Box | null}} */
  const { box_px: box } = answer?.ok ? await answer.json() : { box_px: null };
  if (box && store.state.draft?.key === key) store.update((state) => withDraft(state, box));
}

/** Draw boxes with the mouse or a finger while one is being added. @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene */
export function listenToDrafts(store, scene) {
  let from = /** @type {Point | null} */ (null);
  const { viewer } = scene;
  viewer.addHandler("canvas-press", ({ position }) => {
    from = store.state.draft?.of === null ? scene.inImage(position) : null;
  });
  viewer.addHandler("canvas-drag", (event) => {
    if (!from || !store.state.draft) return;
    event.preventDefaultAction = true;
    const start = from;
    store.update((state) => draftBetween(state, start, scene.inImage(event.position)));
  });
  viewer.addHandler("canvas-drag-end", (event) => {
    if (from) event.preventDefaultAction = true;
  });
  viewer.addHandler("canvas-click", (event) => {
    if (store.state.draft?.of !== null || !event.quick) return;
    const place = scene.inImage(event.position);
    store.update((state) => draftAround(state, place));
    void askForBox(store, place);
  });
}
