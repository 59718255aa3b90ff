// @ts-check
// The tip over the picture: what is known of a spine, in short.

import { at } from "../dom.js";
import { inShort } from "./measures.js";
import { rowWith, spinesOf } from "./state.js";
import { namingOf, tipLines } from "./words.js";

const GAP_PX = 4;

/** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene */
export function showTip(store, scene) {
  const tip = at("tip");
  const { element } = scene.viewer;
  const nameOf = namingOf(store.state.classSet);
  const pointed = (state = store.state) => rowWith(spinesOf(state), state.pointed);

  const place = (spine = pointed()) => {
    if (!spine) return;
    const box = scene.onScreen(spine.box_px);
    const x = Math.min(Math.max(box.x, GAP_PX), element.clientWidth - tip.offsetWidth - GAP_PX);
    const above = box.y - tip.offsetHeight - 20;
    const below = Math.min(box.y + box.height + 6, element.clientHeight - tip.offsetHeight - GAP_PX);
    tip.style.transform = `translate(${Math.max(GAP_PX, x)}px, ${above > GAP_PX ? above : below}px)`;
  };
  const show = (/** @type {SpineRow | null} */ spine) => {
    tip.hidden = !spine;
    if (!spine) return;
    tip.replaceChildren(...tipLines(spine, nameOf, inShort(spine)).map((line) => {
      const row = document.createElement("span");
      row.textContent = line;
      return row;
    }));
    place(spine);
  };

  scene.follow(() => place());
  store.watch((state) => [pointed(state)], show);
}
