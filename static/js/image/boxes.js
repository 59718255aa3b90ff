// @ts-check
// The spines over the picture, the frame of the chosen one, and the box that is being added.

import { SpineCanvas } from "./spine_canvas.js";
import { chosenSpine, shownOf } from "./state.js";
import { set, svg } from "./svg.js";

const MARK_GAP_PX = 7;

/** A frame of two lines, hidden at first. @param {string} name */
function frame(name) {
  const made = svg("g", { class: name, hidden: "" });
  made.append(svg("rect", { class: `${name}-halo` }), svg("rect", { class: `${name}-line` }));
  return made;
}

/** @param {SVGGElement} made @param {Box | null | undefined} box */
function place(made, box) {
  made.toggleAttribute("hidden", !box);
  if (!box) return;
  const [x, y, width, height] = box;
  for (const rect of made.children) set(rect, { x, y, width, height });
}

/** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene */
export function drawSpines(store, scene) {
  const [mark, draft] = [frame("mark"), frame("draft")];
  scene.over.append(mark, draft);
  const canvas = new SpineCanvas(scene, store.state.classSet);
  store.watch(
    (state) => [shownOf(state), state.layers.boxes, state.layers.outlines, state.chosen.spine],
    (spines, boxes, outlines, chosen) => canvas.show({ spines, boxes, outlines, chosen }),
  );
  store.watch(({ draft: added }) => [added?.box], (box) => place(draft, box));

  const placeMark = () => {
    const spine = chosenSpine(store.state);
    const gap = MARK_GAP_PX / scene.scale;
    const [x, y, width, height] = spine?.box_px ?? [0, 0, 0, 0];
    place(mark, spine && [x - gap, y - gap, width + 2 * gap, height + 2 * gap]);
  };
  scene.follow(placeMark);
  store.watch((state) => [chosenSpine(state)], (_chosen) => placeMark());
}
