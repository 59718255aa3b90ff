// A line that is being drawn, or a place that is being looked for, by mouse, by touch and by keys.
// Nothing is saved here: `ended(points)` is called with what was drawn.

import { distance } from "./lines.js";
import { dot, joined, svg } from "./svg.js";

const STEP_PX = 8;
const LEAP_PX = 48;
const SAME_PX = 4;
const CROSS_PX = 9;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export class Pen {
  /** `changed()` is called after every change. */
  constructor({ viewer, overlay, image, changed }) {
    Object.assign(this, { viewer, overlay, image, changed, isOpen: false, points: [], cursor: null });
    this.lead = svg("g", { class: "pen", hidden: "" });
    this.line = [svg("polyline", { class: "pen-halo" }), svg("polyline", { class: "pen-line" })];
    this.dots = [svg("path", { class: "pen-dot-halo" }), svg("path", { class: "pen-dot" })];
    this.cross = [svg("path", { class: "pen-halo" }), svg("path", { class: "pen-line" })];
    this.lead.append(...this.line, ...this.dots, ...this.cross);
    overlay.over.append(this.lead);
    viewer.addHandler("canvas-click", (event) => {
      if (this.isOpen && event.quick) this.set(this.#within(overlay.inImage(event.position)), { byHand: true });
    });
    viewer.addHandler("canvas-double-click", (event) => {
      if (!this.isOpen) return;
      event.preventDefaultAction = true;
      this.end();
    });
    viewer.element.addEventListener("pointermove", (event) => {
      if (!this.isOpen || event.buttons || event.pointerType !== "mouse") return;
      const frame = viewer.element.getBoundingClientRect();
      this.#look(overlay.inImage(new OpenSeadragon.Point(event.clientX - frame.left, event.clientY - frame.top)), false);
    });
    viewer.addHandler("update-viewport", () => this.#draw());
  }

  /**
   * `isPlace` ends with the first point; `leads(points, cursor)` gives the line to show, `from` is where keys begin,
   * and `ended(points)` gets what was drawn.
   */
  open({ isPlace = false, leads = (points, cursor) => [...points, ...(cursor ? [cursor] : [])], from = null, ended }) {
    Object.assign(this, { isOpen: true, isPlace, leads, from, ended, points: [], cursor: null, byKeys: false });
    this.#show();
  }

  close() {
    Object.assign(this, { isOpen: false, points: [], cursor: null });
    this.#show();
  }

  /** A point here; a second one in the same place is the first half of a double click. */
  set(point, { byHand = false } = {}) {
    const last = this.points.at(-1);
    if (last && distance(last, point) * this.overlay.scale < SAME_PX) return;
    this.points.push(point);
    if (byHand) this.byKeys = false;
    this.#show();
    if (this.isPlace) this.end();
  }

  /** By keys: a point at the cross. */
  setAtCross() {
    if (this.cursor) this.set(this.cursor);
    else this.#look(this.#begin(), true);
  }

  /** Take the last point back; without one, give up. */
  back() {
    if (!this.points.length) {
      this.close();
      return;
    }
    this.points.pop();
    this.#show();
  }

  end() {
    if (this.isPlace && !this.points.length && this.cursor) this.points.push(this.cursor);
    if (this.points.length) this.ended(this.points);
  }

  /** By keys: move the cross. */
  nudge(dx, dy, leaps) {
    const step = (leaps ? LEAP_PX : STEP_PX) / this.overlay.scale;
    const [x, y] = this.cursor ?? this.#begin();
    this.#look([x + dx * step, y + dy * step], true);
    this.#follow();
  }

  #begin() {
    if (this.points.length) return this.points.at(-1);
    if (this.from) return this.from;
    const { x, y } = this.viewer.viewport.getCenter(true);
    return [x * this.image.width_px, y * this.image.width_px];
  }

  #within([x, y]) {
    return [clamp(x, 0, this.image.width_px), clamp(y, 0, this.image.height_px)];
  }

  #look(place, byKeys) {
    this.cursor = this.#within(place);
    this.byKeys = byKeys;
    this.#draw();
  }

  /** Keep the cross in view. */
  #follow() {
    const [x, y] = this.cursor.map((px) => px / this.image.width_px);
    const point = new OpenSeadragon.Point(x, y);
    if (!this.viewer.viewport.getBounds(true).containsPoint(point)) this.viewer.viewport.panTo(point);
  }

  #show() {
    this.#draw();
    this.changed();
  }

  #draw() {
    this.lead.toggleAttribute("hidden", !this.isOpen);
    if (!this.isOpen) return;
    for (const line of this.line) line.setAttribute("points", joined(this.leads(this.points, this.cursor)));
    for (const dots of this.dots) dots.setAttribute("d", this.points.map(dot).join(""));
    const arm = CROSS_PX / this.overlay.scale;
    const [x, y] = this.cursor ?? [0, 0];
    const d = `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`;
    for (const cross of this.cross) cross.setAttribute("d", this.byKeys && this.cursor ? d : "");
  }
}
