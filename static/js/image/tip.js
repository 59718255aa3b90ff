// The tip over the picture: what is known of a spine, in short.

import { tipLines } from "./chosen.js";

const GAP_PX = 4;

export class Tip {
  /** `placeOf(spine)` says where its box is in the viewer's element. */
  constructor(viewer, tip, placeOf) {
    Object.assign(this, { viewer, tip, placeOf, spine: null });
  }

  show(spine) {
    this.spine = spine;
    this.tip.replaceChildren(...tipLines(spine).map((line) => {
      const row = document.createElement("span");
      row.textContent = line;
      return row;
    }));
    this.tip.hidden = false;
    this.place();
  }

  place() {
    if (!this.spine) return;
    const { viewer, tip } = this;
    const box = this.placeOf(this.spine);
    const x = Math.min(Math.max(box.x, GAP_PX), viewer.clientWidth - tip.offsetWidth - GAP_PX);
    const above = box.y - tip.offsetHeight - 20;
    const below = Math.min(box.y + box.height + 6, viewer.clientHeight - tip.offsetHeight - GAP_PX);
    tip.style.transform = `translate(${Math.max(GAP_PX, x)}px, ${above > GAP_PX ? above : below}px)`;
  }

  hide() {
    this.spine = null;
    this.tip.hidden = true;
  }
}
