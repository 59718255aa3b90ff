// @ts-check
// A line that is being drawn, or a place that is being looked for, by mouse, by touch and by keys. Nothing is saved here.

import { distance, last, middle, nearerEnd, nearestLine } from "./lines.js";
import { chosenDendrite, chosenSpine } from "./state.js";
import { dot, joined, set, svg } from "./svg.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Pen} Pen */

const STEP_PX = 8;
const LEAP_PX = 48;
const SAME_PX = 4;
const CROSS_PX = 9;

/** Whether one place is all that a tool wants. @param {import("./state.js").Tool} tool */
export const isPlace = (tool) => ["cut", "merge", "join", "base", "give"].includes(tool);

/** Take up a tool; "extend" is for the chosen dendrite. @param {State} state @param {import("./state.js").Tool} tool @returns {State} */
export function withPen(state, tool) {
  const row = tool === "extend" ? chosenDendrite(state) : null;
  return { ...state, pen: { tool, row, points: [], cursor: null, byKeys: false, ways: new Map() } };
}

/** @param {State} state @returns {State} */
export const withoutPen = (state) => ({ ...state, pen: null });

/** @param {State} state @param {Partial<Pen>} change @returns {State} */
const changed = (state, change) => (state.pen ? { ...state, pen: { ...state.pen, ...change } } : state);

/**
 * A point more; a second one in the same place is the first half of a double click.
 * @param {State} state
 * @param {Point} point
 * @param {{scale: number, byHand?: boolean}} how
 */
export function withPoint(state, point, { scale, byHand = false }) {
  if (!state.pen) return state;
  const { points, byKeys } = state.pen;
  const before = points.at(-1);
  if (before && distance(before, point) * scale < SAME_PX) return state;
  return changed(state, { points: [...points, point], byKeys: byKeys && !byHand });
}

/** Take the last point back; without one, give up. @param {State} state */
export function withoutPoint(state) {
  return state.pen?.points.length ? changed(state, { points: state.pen.points.slice(0, -1) }) : withoutPen(state);
}

/** The line with its legs as they follow the ridge. @param {Pen} pen @returns {Point[]} */
export const drawnLine = ({ points, ways }) => points.flatMap((point) => [...(ways.get(point) ?? [point])]);

/** @param {State} state @param {Point} to @param {readonly Point[]} way */
export const withWay = (state, to, way) => (state.pen?.points.includes(to)
  ? changed(state, { ways: new Map([...state.pen.ways, [to, way]]) }) : state);

/** Where the leg to the last point begins; null: there is none. @param {Pen} pen @returns {Point | null} */
export function legFrom({ row, points }) {
  const [start] = points;
  if (points.length > 1) return points.at(-2) ?? null;
  return row && start ? nearerEnd(row.points_px, start) : null;
}

/** @param {State} state @param {Point} cursor @param {boolean} byKeys */
export const looking = (state, cursor, byKeys) => changed(state, { cursor, byKeys });

/** Where keys begin. @param {State} state @param {Point} centre The middle of what is seen. @returns {Point} */
export function beginning(state, centre) {
  const { pen, dendrites } = state;
  if (pen?.points.length) return last(pen.points);
  if (pen?.row) return last(pen.row.points_px);
  const spine = chosenSpine(state);
  if (spine) return [spine.box_px[0] + spine.box_px[2] / 2, spine.box_px[1] + spine.box_px[3] / 2];
  const cut = pen?.tool === "cut" ? (chosenDendrite(state) ?? dendrites[0]) : null;
  return cut ? middle(cut.points_px) : centre;
}

/** The line to show. @param {State} state @returns {Point[]} */
export function lead({ pen, dendrites }) {
  if (!pen) return [];
  const { tool, row, cursor } = pen;
  if (tool === "join") return [];
  if (isPlace(tool)) {
    const nearest = cursor && nearestLine(dendrites, cursor);
    return nearest ? [cursor, nearest.place] : [];
  }
  const more = cursor ? [...drawnLine(pen), cursor] : drawnLine(pen);
  const [start] = more;
  return row && start ? [nearerEnd(row.points_px, start), ...more] : more;
}

/**
 * Draws the line and follows mouse, touch and keys.
 */
export class PenTool {
  /** @type {Promise<void>} */
  traced = Promise.resolve();

  /**
   * @param {import("./state.js").ImageStore} store
   * @param {import("./scene.js").Scene} scene
   * @param {() => void} end Called when the line or place is done.
   * @param {(from: Point, to: Point) => Promise<readonly Point[] | null>} trace The way along the ridge.
   */
  constructor(store, scene, end, trace) {
    this.trace = trace;
    this.store = store;
    this.scene = scene;
    this.end = end;
    const root = svg("g", { class: "pen", hidden: "" });
    const lines = [svg("polyline", { class: "pen-halo" }), svg("polyline", { class: "pen-line" })];
    const dots = [svg("path", { class: "pen-dot-halo" }), svg("path", { class: "pen-dot" })];
    const cross = [svg("path", { class: "pen-halo" }), svg("path", { class: "pen-line" })];
    root.append(...lines, ...dots, ...cross);
    scene.over.append(root);
    const draw = () => {
      const { pen } = store.state;
      root.toggleAttribute("hidden", !pen);
      if (!pen) return;
      for (const line of lines) set(line, { points: joined(lead(store.state)) });
      for (const path of dots) set(path, { d: pen.points.map(dot).join("") });
      const arm = CROSS_PX / scene.scale;
      const [x, y] = pen.cursor ?? [0, 0];
      const d = `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`;
      for (const path of cross) set(path, { d: pen.byKeys && pen.cursor ? d : "" });
    };
    store.watch((state) => [state.pen], (_pen) => draw());
    scene.follow(draw);
    this.#listen();
  }

  #listen() {
    const { viewer } = this.scene;
    viewer.addHandler("canvas-click", (event) => {
      if (event.quick) this.set(this.scene.within(this.scene.inImage(event.position)), { byHand: true });
    });
    viewer.addHandler("canvas-double-click", (event) => {
      if (!this.store.state.pen) return;
      event.preventDefaultAction = true;
      this.end();
    });
    viewer.element.addEventListener("pointermove", (event) => {
      if (!this.store.state.pen || event.buttons || event.pointerType !== "mouse") return;
      this.#look(this.scene.ofPointer(event), false);
    });
  }

  /** @param {Point} place @param {boolean} byKeys */
  #look(place, byKeys) {
    const cursor = this.scene.within(place);
    this.store.update((state) => looking(state, cursor, byKeys));
    return cursor;
  }

  /** A point here; where only a place is looked for, that is the end. @param {Point} point @param {{byHand?: boolean}} how */
  set(point, { byHand = false } = {}) {
    if (!this.store.state.pen) return;
    const { scale } = this.scene;
    this.store.update((state) => withPoint(state, point, { scale, byHand }));
    const { pen, followsRidge } = this.store.state;
    if (isPlace(pen.tool)) this.end();
    else if (followsRidge && (pen.tool === "draw" || pen.tool === "extend")) this.traced = this.#follow(pen);
  }

  /** Let the last leg follow the ridge. @param {Pen} pen */
  async #follow(pen) {
    const [from, to] = [legFrom(pen), pen.points.at(-1)];
    if (!from || !to || pen.ways.has(to)) return;
    const before = this.traced;
    const way = await this.trace(from, to);
    await before;
    if (way) this.store.update((state) => withWay(state, to, [...way.slice(1, -1), to]));
  }

  /** By keys: a point at the cross. */
  setAtCross() {
    const { pen } = this.store.state;
    if (pen?.cursor) this.set(pen.cursor);
    else if (pen) this.#look(beginning(this.store.state, this.scene.centre), true);
  }

  /** By keys: move the cross. @param {Point} by @param {boolean} leaps */
  nudge([dx, dy], leaps) {
    const { pen } = this.store.state;
    if (!pen) return;
    const step = (leaps ? LEAP_PX : STEP_PX) / this.scene.scale;
    const [x, y] = pen.cursor ?? beginning(this.store.state, this.scene.centre);
    this.scene.keepInView(this.#look([x + dx * step, y + dy * step], true));
  }
}
