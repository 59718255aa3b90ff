// The dendrites over the picture: lines with numbers, one of them chosen, and what is known of it on the right.

import { announce } from "../base.js";
import { nearestOn } from "./lines.js";
import { dot, joined, svg } from "./svg.js";

const NEAR_PX = 7;
const at = (id) => document.getElementById(id);

const length = (row) => (row.length_um === null ? `${row.length_px.toFixed(0)} px` : `${row.length_um.toFixed(1)} µm`);

function density(row) {
  if (row.spines_per_um === null) return "none without a pixel size";
  return `${row.spines_per_um.toFixed(2)} per µm, ${(10 * row.spines_per_um).toFixed(1)} per 10 µm`;
}

/** Where a line's number stands: at its middle. */
function middle(points) {
  return points[Math.floor(points.length / 2)];
}

export class Dendrites {
  /** `rows` are "dendrites" of spines.json; `choosing(row)` is called before one is chosen, `changed()` after. */
  constructor({ overlay, rows, choosing, changed }) {
    Object.assign(this, { overlay, rows, choosing, changed, chosen: null });
    this.lines = svg("g", { class: "dendrites" });
    this.numbers = svg("g");
    overlay.under.append(this.lines);
    overlay.over.prepend(this.numbers);
    this.#draw();
  }

  #draw() {
    this.lines.replaceChildren(...this.rows.map((row) => this.#line(row)));
    this.numbers.replaceChildren(...this.rows.map((row) => this.#number(row)));
  }

  #line(row) {
    const points = joined(row.points_px);
    const group = svg("g", { class: "dendrite" });
    group.classList.toggle("is-chosen", row.id === this.chosen?.id);
    group.append(svg("polyline", { points, class: "dendrite-halo" }), svg("polyline", { points, class: "dendrite-line" }));
    for (const end of [row.points_px[0], row.points_px.at(-1)]) {
      group.append(svg("path", { d: dot(end), class: "dendrite-end-halo" }), svg("path", { d: dot(end), class: "dendrite-end" }));
    }
    return group;
  }

  #number(row) {
    const [x, y] = middle(row.points_px);
    const text = svg("text", { x, y, class: "dendrite-number" });
    text.textContent = row.number;
    return text;
  }

  /** All dendrites as they are now. */
  put(rows) {
    this.rows = rows;
    const chosen = rows.find(({ id }) => id === this.chosen?.id) ?? null;
    if (chosen || this.chosen) this.#mark(chosen);
    this.#draw();
  }

  /** The table below the picture, as the server wrote it anew. */
  putTable(html) {
    const focused = document.activeElement?.dataset.dendrite;
    const isOpen = at("dendrite-history")?.open;
    at("dendrites").innerHTML = html;
    if (isOpen) at("dendrite-history").open = true;
    if (focused) at("dendrites").querySelector(`[data-dendrite="${focused}"]`)?.focus();
    if (this.chosen) this.#mark(this.rows.find(({ id }) => id === this.chosen.id) ?? null);
  }

  show(visible) {
    for (const layer of [this.lines, this.numbers]) layer.toggleAttribute("hidden", !visible);
  }

  get isShown() {
    return !this.lines.hasAttribute("hidden");
  }

  /** The dendrite nearest to a point of the viewer's element, with the nearest place on it; null where none is near. */
  near(point, within_px = NEAR_PX) {
    if (!this.isShown) return null;
    const place = this.overlay.inImage(point);
    const found = this.rows.map((row) => ({ row, ...nearestOn(row.points_px, place) }));
    const nearest = found.sort((a, b) => a.distance - b.distance)[0];
    return nearest && nearest.distance * this.overlay.scale <= within_px ? nearest : null;
  }

  byId(id) {
    return this.rows.find((row) => row.id === id) ?? null;
  }

  /** The dendrite that comes `by` places after the chosen one. */
  step(by) {
    if (!this.rows.length) return;
    const now = this.rows.findIndex(({ id }) => id === this.chosen?.id);
    const next = now < 0 && by < 0 ? this.rows.length - 1 : now + by;
    this.choose(this.rows[(next + this.rows.length) % this.rows.length]);
  }

  choose(row) {
    if (!row && !this.chosen) return;
    this.choosing(row);
    this.#mark(row);
    this.#draw();
    this.changed();
    if (row) announce(`Dendrite ${row.number}, ${length(row)}, ${row.spines} spines, ${density(row)}`);
  }

  #mark(row) {
    if (this.chosen) at(`dendrite-${this.chosen.id}`)?.removeAttribute("aria-current");
    this.chosen = row;
    at("dendrite-some").hidden = !row;
    at("chosen-title").textContent = row ? "Chosen dendrite" : "Chosen spine";
    if (!row) return;
    at(`dendrite-${row.id}`)?.setAttribute("aria-current", "true");
    at("dendrite-number").textContent = `Dendrite ${row.number}`;
    at("dendrite-length").textContent = length(row);
    at("dendrite-spines").textContent = row.spines;
    at("dendrite-density").textContent = density(row);
    at("dendrite-found").textContent = at(`dendrite-${row.id}`)?.lastElementChild.textContent ?? "";
  }
}
