// @ts-check
// What was measured: each spine's outline and midline, over the picture.

import { Drawn } from "./drawn.js";
import { shownOf, spinesOf } from "./state.js";
import { joined, svg } from "./svg.js";

/** @param {SpineRow} spine */
function group(spine) {
  const made = svg("g", { class: `shape shape-${spine.rejected ? "rejected" : spine.shown_class}` });
  if (!spine.outline_px) return made;
  const points = joined(spine.outline_px);
  made.append(svg("polygon", { points, class: "shape-halo" }), svg("polygon", { points, class: "shape-line" }));
  if (!spine.midline_px?.length) return made;
  const midline = joined(spine.midline_px);
  made.append(svg("polyline", { points: midline, class: "midline-halo" }), svg("polyline", { points: midline, class: "midline" }));
  return made;
}

/** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene */
export function drawShapes(store, scene) {
  const root = svg("g", { class: "shapes" });
  scene.under.append(root);
  const drawn = new Drawn(root, group);
  let chosen = drawn.of(null);
  store.watch(({ layers }) => [layers.outlines], (isShown) => root.toggleAttribute("hidden", !isShown));
  store.watch(
    (state) => [spinesOf(state), shownOf(state), state.chosen.spine],
    (spines, shown, id) => {
      drawn.show(spines, shown);
      chosen?.classList.remove("is-chosen");
      chosen = drawn.of(id);
      chosen?.classList.add("is-chosen");
    },
  );
}
