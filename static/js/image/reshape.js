// @ts-check
// The chosen spine's box, moved and sized: by its grips, or by arrows after Enter. Each is saved as one edit.

import { withDraft } from "./draft.js";
import { boxAfter, gripAt, gripsOf } from "./grips.js";
import { chosenSpine, isDrawing } from "./state.js";
import { dot, set, svg } from "./svg.js";

/** @typedef {import("./state.js").State} State */

const REACH_PX = 8;
const SMALLEST_GRIPPED_PX = 24;

/** The box that can be taken hold of: of a spine that is set anew, or of the chosen one. @param {State} state */
export function held(state) {
  const { draft } = state;
  if (draft) return draft.of === null ? null : draft.box;
  const spine = isDrawing(state) ? null : chosenSpine(state);
  return spine && !spine.rejected ? spine.box_px : null;
}

/** Begin to set the chosen spine's box. @param {State} state @returns {State} */
export function withReshaping(state) {
  const spine = chosenSpine(state);
  return spine && !spine.rejected && !isDrawing(state) ? withDraft(state, spine.box_px, spine.id) : state;
}

/**
 * Draws the grips and follows who drags them.
 * @param {import("./state.js").ImageStore} store
 * @param {import("./scene.js").Scene} scene
 * @param {() => void} save What is being set.
 */
export function listenToGrips(store, scene, save) {
  const [halo, dots] = [svg("path", { class: "grip-halo" }), svg("path", { class: "grip" })];
  scene.over.append(halo, dots);
  /** Whether grips have room beside each other. @param {Box} box */
  const isLarge = (box) => Math.max(box[2], box[3]) * scene.scale >= SMALLEST_GRIPPED_PX;
  const draw = () => {
    const box = held(store.state);
    const d = box && (store.state.draft || isLarge(box)) ? gripsOf(box).map(dot).join("") : "";
    for (const path of [halo, dots]) set(path, { d });
  };
  store.watch((state) => [held(state), state.draft], (_box, _draft) => draw());
  scene.follow(draw);

  /** @type {{grip: import("./grips.js").Grip, from: Point, box: Box, isOwn: boolean, isMoved: boolean} | null} */
  let drag = null;
  const { viewer } = scene;
  viewer.addHandler("canvas-press", ({ position }) => {
    const { state } = store;
    const box = held(state);
    const from = scene.inImage(position);
    const isOwn = state.draft === null;
    const canGrip = box && (!isOwn || isLarge(box));
    const grip = canGrip ? gripAt(box, from, { reach_px: REACH_PX / scene.scale, moves: !isOwn }) : null;
    drag = box && grip ? { grip, from, box, isOwn, isMoved: false } : null;
  });
  viewer.addHandler("canvas-drag", (event) => {
    if (!drag) return;
    event.preventDefaultAction = true;
    const { grip, from, box } = drag;
    if (!drag.isMoved && drag.isOwn) store.update(withReshaping);
    drag.isMoved = true;
    const to = scene.inImage(event.position);
    store.update((state) => (state.draft ? withDraft(state, boxAfter(box, grip, from, to, state.image)) : state));
  });
  viewer.addHandler("canvas-drag-end", (event) => {
    if (!drag) return;
    event.preventDefaultAction = true;
    const isDone = drag.isOwn && drag.isMoved;
    drag = null;
    if (isDone) save();
  });
}
