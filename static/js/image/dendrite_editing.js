// Drawing, extending, cutting and deleting dendrites. The server measures anew and says what became of everything.

import { announce } from "../base.js";
import { distance, extended, nearestOn } from "./lines.js";
import { Pen } from "./pen.js";
import { joined } from "./svg.js";

const at = (id) => document.getElementById(id);
const ENDS = "Enter or a double click ends the line. Esc gives up.";
const WORDS = {
  draw: `Click along the dendrite's middle, from one end to the other. ${ENDS}`,
  extend: `Click on from the end that the dendrite is to grow at. ${ENDS}`,
  cut: "Click on a dendrite where it is to be cut in two. Esc gives up.",
};

const rounded = (points) => points.map((point) => point.map((px) => Number(px.toFixed(2))));

export class DendriteEditing {
  /** `send(url, fields)` answers null when it failed, which has been shown then; `state()` is the review's. */
  constructor({ viewer, overlay, image, dendrites, bar, send, state, changed }) {
    Object.assign(this, { dendrites, bar, send, state, tool: null });
    this.pen = new Pen({
      viewer,
      overlay,
      image,
      changed: () => {
        this.show();
        changed();
      },
    });
    const buttons = {
      draw: () => this.draw(),
      extend: () => this.extend(),
      cut: () => this.cut(),
      remove: () => this.remove(),
      "pen-end": () => this.pen.end(),
      "pen-back": () => this.pen.back(),
      "pen-close": () => this.pen.close(),
    };
    for (const [id, act] of Object.entries(buttons)) {
      at(id).addEventListener("mousedown", (event) => event.preventDefault()); // the keys stay those of the page
      at(id).addEventListener("click", act);
    }
    this.show();
  }

  get isOpen() {
    return this.pen.isOpen;
  }

  draw() {
    this.#open("draw", { ended: (points) => this.#save(this.bar.dataset.addDendrite, points, { result: this.state().result }) });
  }

  extend() {
    const row = this.dendrites.chosen;
    if (!row) {
      announce("Choose a dendrite first.");
      return;
    }
    const from = row.points_px.at(-1);
    const leads = (points, cursor) => {
      const more = [...points, ...(cursor ? [cursor] : [])];
      if (!more.length) return [];
      const end = [row.points_px[0], from].sort((a, b) => distance(a, more[0]) - distance(b, more[0]))[0];
      return [end, ...more];
    };
    this.#open("extend", { from, leads, ended: (points) => this.#save(this.#url("changeDendrite", row), extended(row.points_px, points)) });
  }

  cut() {
    const { rows, chosen } = this.dendrites;
    if (!rows.length) return;
    const line = (chosen ?? rows[0]).points_px;
    const leads = (_, cursor) => (cursor ? [cursor, this.#nearest(cursor).place] : []);
    this.#open("cut", { isPlace: true, leads, from: line[Math.floor(line.length / 2)], ended: ([point]) => this.#cutAt(point) });
  }

  async remove() {
    const row = this.dendrites.chosen;
    if (!row || this.isOpen) return;
    if (await this.send(this.#url("removeDendrite", row), {})) announce(`Dendrite ${row.number} deleted.`);
  }

  /** Escape: true when there was something to end. */
  escape() {
    const { isOpen } = this.pen;
    if (isOpen) this.pen.close();
    return isOpen;
  }

  #nearest(place) {
    const found = this.dendrites.rows.map((row) => ({ row, ...nearestOn(row.points_px, place) }));
    return found.sort((a, b) => a.distance - b.distance)[0];
  }

  #open(tool, how) {
    const again = this.isOpen && this.tool === tool;
    if (this.isOpen) this.pen.close();
    if (again) return;
    this.tool = tool;
    if (tool === "draw") this.dendrites.choose(null);
    at("dendrites-shown").checked = true;
    this.dendrites.show(true);
    this.pen.open(how);
    at("viewer").focus({ preventScroll: true });
    announce(WORDS[tool]);
  }

  #url = (name, row) => this.bar.dataset[name].replace("/0/", `/${row.id}/`);

  /** The line stays where it was drawn until the server has it: what cannot be saved is not lost. */
  async #save(url, points, fields = {}) {
    const had = new Set(this.dendrites.rows.map(({ id }) => id));
    const body = await this.send(url, { points: joined(rounded(points)), ...fields });
    if (!body) return;
    this.pen.close();
    const drawn = body.dendrites.find(({ id }) => !had.has(id));
    if (drawn) this.dendrites.choose(drawn);
  }

  async #cutAt(place) {
    const { row, place: [x_px, y_px] } = this.#nearest(place);
    this.pen.close();
    const body = await this.send(this.#url("cutDendrite", row), { x_px, y_px });
    if (body) announce(`Dendrite ${row.number} cut in two.`);
  }

  /** Buttons and words as they stand now. */
  show() {
    const { isOpen, points, isPlace } = this.pen;
    at("pen-bar").hidden = !isOpen;
    at("pen-words").textContent = WORDS[this.tool] ?? "";
    at("pen-end").hidden = isPlace || points.length < (this.tool === "draw" ? 2 : 1);
    at("pen-back").hidden = isPlace || !points.length;
    for (const tool of ["draw", "extend", "cut"]) at(tool).setAttribute("aria-pressed", String(isOpen && this.tool === tool));
    at("look").classList.toggle("is-drawing", isOpen);
  }
}
