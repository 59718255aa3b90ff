// @ts-check
// The spines' boxes over the picture, the frame of the chosen one, and the box that is being added.

import { Drawn } from "./drawn.js";
import { chosenSpine, shownOf, spinesOf } from "./state.js";
import { set, svg } from "./svg.js";

const MARK_GAP_PX = 7;
const REJECTED_LETTER = "×";
const SMALLEST_LETTERED_PX = 10;
const SMALLEST_WITH_MIDLINE_PX = 26;

/** @param {SpineRow} spine @param {string} className */
function outline(spine, className) {
  const [x, y, width, height] = spine.box_px;
  return svg("rect", { x, y, width, height, class: className });
}

/** @param {SpineRow} spine @param {string} letter */
function group(spine, letter) {
  const made = svg("g", { class: `roi roi-${spine.rejected ? "rejected" : spine.shown_class}` });
  const [x, y, width] = spine.box_px;
  const text = svg("text", { x, y, dy: "-0.3em" });
  text.textContent = letter;
  made.append(outline(spine, "roi-halo"), outline(spine, "roi-line"), outline(spine, "roi-core"), text);
  if (spine.reviewed_class && !spine.rejected) {
    const d = `M${x + width} ${y}h0`; // a line without length has round ends of a width that no zoom changes
    made.append(svg("path", { d, class: "roi-seen-halo" }), svg("path", { d, class: "roi-seen" }));
  }
  return made;
}

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
export function drawBoxes(store, scene) {
  const letters = new Map(store.state.classSet.classes.map(({ key, letter }) => [key, letter]));
  const letterOf = (/** @type {SpineRow} */ spine) => (spine.rejected ? REJECTED_LETTER : (letters.get(spine.shown_class) ?? ""));
  const [mark, draft] = [frame("mark"), frame("draft")];
  scene.over.append(mark, draft);
  const drawn = new Drawn(scene.boxes, (spine) => group(spine, letterOf(spine)));

  store.watch((state) => [spinesOf(state), shownOf(state)], (spines, shown) => drawn.show(spines, shown));
  store.watch(({ layers }) => [layers.boxes], (isShown) => scene.boxes.toggleAttribute("hidden", !isShown));
  store.watch(({ draft: added }) => [added?.box], (box) => place(draft, box));

  const placeMark = () => {
    const spine = chosenSpine(store.state);
    const gap = MARK_GAP_PX / scene.scale;
    const [x, y, width, height] = spine?.box_px ?? [0, 0, 0, 0];
    place(mark, spine && [x - gap, y - gap, width + 2 * gap, height + 2 * gap]);
  };
  const followZoom = () => {
    placeMark();
    const typical = (store.state.spines[0]?.box_px[3] ?? 0) * scene.scale;
    scene.root.classList.toggle("is-far", typical < SMALLEST_LETTERED_PX);
    scene.root.classList.toggle("is-small", typical < SMALLEST_WITH_MIDLINE_PX);
  };
  scene.follow(followZoom);
  store.watch((state) => [chosenSpine(state), state.spines[0]], (_chosen, _first) => followZoom());
}
