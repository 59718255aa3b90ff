// @ts-check
// Drawing, extending, cutting and deleting dendrites. The server measures anew and says what became of everything.

import { announce } from "../base.js";
import { at } from "../dom.js";
import { chooseDendrite, chooseNone, draw } from "./changes.js";
import { extended, nearestLine } from "./lines.js";
import { ABOUT_SPINE, endAboutSpine } from "./part_edits.js";
import { drawnLine, isPlace, PenTool, withoutPen, withPen } from "./pen.js";
import { chosenDendrite, chosenSpine, isDrawing, withoutDrawing } from "./state.js";
import { NotSaved, post } from "./saving.js";
import { joined } from "./svg.js";

const ENDS = "Enter or a double click ends the line. Esc gives up.";

/** What a tool wants of who uses it. @type {Record<import("./state.js").Tool, string>} */
export const WORDS = {
  draw: `Click along the dendrite's middle, from one end to the other. ${ENDS}`,
  extend: `Click on from the end that the dendrite is to grow at. ${ENDS}`,
  split: "Draw a line right across the spine, from one side to the other. Enter or a double click splits it. Esc gives up.",
  join: "Click into the box of the spine that is to be one with the chosen one. Esc gives up.",
  base: "Click where the spine meets its dendrite. Esc gives up.",
  give: "Click on the dendrite that the spine belongs to. Esc gives up.",
  merge: "Click on the dendrite that is to be one with the chosen one. Esc gives up.",
  cut: "Click on a dendrite where it is to be cut in two. Esc gives up.",
};

const FOLLOWS = "spinula-follows-ridge";

/** To hundredths of a pixel. @param {readonly Point[]} points @returns {Point[]} */
const rounded = (points) => points.map(([x, y]) => [Number(x.toFixed(2)), Number(y.toFixed(2))]);

export class LineEdits {
  /** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene @param {import("./edits.js").Edits} edits */
  constructor(store, scene, edits) {
    this.store = store;
    this.edits = edits;
    this.pen = new PenTool(store, scene, () => this.end(), (from, to) => this.#trace(from, to));
    store.update((state) => ({ ...state, followsRidge: localStorage.getItem(FOLLOWS) === "on" }));
  }

  draw() {
    this.#open("draw");
  }

  extend() {
    if (chosenDendrite(this.store.state)) this.#open("extend");
    else announce("Choose a dendrite first.");
  }

  merge() {
    if (chosenDendrite(this.store.state)) this.#open("merge");
    else announce("Choose a dendrite first.");
  }

  cut() {
    if (this.store.state.dendrites.length) this.#open("cut");
  }

  /** What is drawn about the chosen spine. @param {"split" | "join" | "base" | "give"} tool */
  about(tool) {
    const spine = chosenSpine(this.store.state);
    if (spine && !spine.rejected) this.#open(tool);
    else announce("Choose a spine first.");
  }

  /** Let what is drawn follow the ridge from click to click, or go straight. */
  toggleRidge() {
    this.store.update((state) => ({ ...state, followsRidge: !state.followsRidge }));
    const { followsRidge } = this.store.state;
    localStorage.setItem(FOLLOWS, followsRidge ? "on" : "off");
    announce(followsRidge ? "Lines follow the ridge between clicks." : "Lines go straight between clicks.");
  }

  /** @param {Point} from @param {Point} to @returns {Promise<readonly Point[] | null>} */
  async #trace(from, to) {
    try {
      /** @type {{points_px: Point[]}} */
      const { points_px: way } = await post(this.edits.address("between"), { points: joined([from, to]) }, this.edits.saving.csrfCookie);
      return way;
    } catch (error) {
      if (!(error instanceof NotSaved)) throw error;
      this.store.update((state) => ({ ...state, error: error.message }));
      return null;
    }
  }

  async remove() {
    const row = chosenDendrite(this.store.state);
    if (!row || isDrawing(this.store.state)) return;
    if (await this.edits.send(this.edits.address("removeDendrite", row.id), {})) announce(`Dendrite ${row.number} deleted.`);
  }

  /** Take up a tool, or lay down the one that is in hand. @param {import("./state.js").Tool} tool */
  #open(tool) {
    if (this.store.state.pen?.tool === tool) {
      this.store.update(withoutPen);
      return;
    }
    this.store.update((state) => draw(withPen(withoutDrawing(tool === "draw" ? chooseNone(state) : state), tool), { dendrites: true }));
    at("viewer").focus({ preventScroll: true });
    announce(WORDS[tool]);
  }

  /** The line is done, or the place is found. */
  async end() {
    if (this.store.state.pen && !isPlace(this.store.state.pen.tool)) await this.pen.traced;
    const { pen } = this.store.state;
    if (!pen) return;
    const { tool, row, cursor } = pen;
    const points = drawnLine(pen);
    const [place = cursor] = points;
    if (ABOUT_SPINE.has(tool)) {
      void endAboutSpine(this.edits, { scale: this.pen.scene.scale, place, points: rounded(points) });
      if (isPlace(tool)) this.store.update((state) => (state.pen ? { ...state, pen: { ...state.pen, points: [] } } : state));
      return;
    }
    if (tool === "cut") {
      if (place) this.#cutAt(place);
    } else if (tool === "merge") {
      if (place) this.#mergeAt(place);
    } else if (points.length && row) this.#save(this.edits.address("changeDendrite", row.id), extended(row.points_px, points));
    else if (points.length) this.#save(this.edits.address("addDendrite"), points, this.edits.result);
  }

  /**
   * The line stays where it was drawn until the server has it: what cannot be saved is not lost.
   * @param {string} url
   * @param {readonly Point[]} points
   * @param {import("./edits.js").Fields} fields
   */
  async #save(url, points, fields = {}) {
    const had = new Set(this.store.state.dendrites.map(({ id }) => id));
    const answer = await this.edits.send(url, { points: joined(rounded(points)), ...fields });
    if (!answer) return;
    const drawn = answer.dendrites?.find(({ id }) => !had.has(id));
    this.store.update((state) => (drawn ? chooseDendrite(withoutPen(state), drawn.id) : withoutPen(state)));
  }

  /** Make one dendrite of the chosen one and that at a place. @param {Point} place */
  async #mergeAt(place) {
    const row = chosenDendrite(this.store.state);
    const nearest = nearestLine(this.store.state.dendrites.filter(({ id }) => id !== row?.id), place);
    this.store.update(withoutPen);
    if (!row || !nearest) return;
    const answer = await this.edits.send(this.edits.address("joinDendrite", row.id), { other: nearest.row.id });
    if (answer) announce(`Dendrites ${row.number} and ${nearest.row.number} joined.`);
  }

  /** @param {Point} place */
  async #cutAt(place) {
    const nearest = nearestLine(this.store.state.dendrites, place);
    this.store.update(withoutPen);
    if (!nearest) return;
    const [x_px, y_px] = nearest.place;
    const { id, number } = nearest.row;
    if (await this.edits.send(this.edits.address("cutDendrite", id), { x_px, y_px })) announce(`Dendrite ${number} cut in two.`);
  }
}
