// A box that is being added: dragged, or placed by a click or Enter, then moved by arrows. Not saved before it has a class.

import { newKey } from "./keys_of_edits.js";

const SMALLEST_PX = 2;
const USUAL_SHARE = 0.03;
const NUDGE_PX = 4;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export class Draft {
  /** `spines()` are those on the picture, for the usual size; `changed(draft)` is called after every change. */
  constructor({ viewer, overlay, image, spines, changed }) {
    Object.assign(this, { viewer, overlay, image, spines, changed, isOpen: false, box: null, from: null });
    viewer.addHandler("canvas-press", ({ position }) => {
      this.from = this.isOpen ? overlay.inImage(position) : null;
    });
    viewer.addHandler("canvas-drag", (event) => {
      if (!this.from) return;
      event.preventDefaultAction = true;
      this.#set(this.#between(this.from, overlay.inImage(event.position)));
    });
    viewer.addHandler("canvas-drag-end", (event) => {
      if (this.from) event.preventDefaultAction = true;
    });
    viewer.addHandler("canvas-click", (event) => {
      if (this.isOpen && event.quick) this.#place(overlay.inImage(event.position));
    });
  }

  open() {
    this.isOpen = true;
    this.#set(null);
  }

  close() {
    this.isOpen = false;
    this.from = null;
    this.#set(null);
  }

  /** A box of the usual size in the middle of what is seen. */
  placeInView() {
    const { x, y } = this.viewer.viewport.getCenter(true);
    this.#place([x * this.image.width_px, y * this.image.width_px]);
  }

  /** Move the box by steps, or with `sizes` change its size. */
  nudge(dx, dy, sizes) {
    if (!this.box) return;
    const step = Math.max(0.5, NUDGE_PX / this.overlay.scale);
    const [x, y, width, height] = this.box;
    const { width_px: across, height_px: down } = this.image;
    if (sizes) {
      this.#set([x, y, clamp(width + dx * step, SMALLEST_PX, across - x), clamp(height + dy * step, SMALLEST_PX, down - y)]);
    } else {
      this.#set([clamp(x + dx * step, 0, across - width), clamp(y + dy * step, 0, down - height), width, height]);
    }
  }

  #set(box) {
    this.box = box;
    this.key = newKey(); // of this box: sent twice, it is one spine
    this.overlay.showDraft(box);
    this.changed(this);
  }

  #between([x0, y0], [x1, y1]) {
    const { width_px: across, height_px: down } = this.image;
    const left = clamp(Math.min(x0, x1), 0, across - SMALLEST_PX);
    const top = clamp(Math.min(y0, y1), 0, down - SMALLEST_PX);
    const width = clamp(Math.max(x0, x1) - left, SMALLEST_PX, across - left);
    const height = clamp(Math.max(y0, y1) - top, SMALLEST_PX, down - top);
    return [left, top, width, height];
  }

  #place([x, y]) {
    const { width_px: across, height_px: down } = this.image;
    const boxes = this.spines().filter(({ rejected }) => !rejected).map(({ box_px }) => box_px);
    const usual = USUAL_SHARE * Math.max(across, down);
    const width = Math.min(boxes.length ? median(boxes.map((box) => box[2])) : usual, across);
    const height = Math.min(boxes.length ? median(boxes.map((box) => box[3])) : usual, down);
    this.#set([clamp(x - width / 2, 0, across - width), clamp(y - height / 2, 0, down - height), width, height]);
  }
}
