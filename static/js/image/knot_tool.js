// @ts-check
// The points of a dendrite, set by mouse, by touch and by keys. Saved as one edit.

import { announce } from "../base.js";
import { at } from "../dom.js";
import { knotsBack, knotsForward, withKnotAfter, withKnotAt, withKnotBetween, withKnotChosen, withKnotHeld, withKnotInserted, withKnots, withoutKnot, withoutKnots } from "./knots.js";
import { pointWithin, sideWithin } from "./lines.js";
import { pointerOf } from "./scene.js";
import { chosenDendrite, withoutDrawing } from "./state.js";
import { dot, joined, set, svg } from "./svg.js";

const STEP_PX = 4;
const LEAP_PX = 24;

/** To hundredths of a pixel. @param {readonly Point[]} points @returns {Point[]} */
const rounded = (points) => points.map(([x, y]) => [Number(x.toFixed(2)), Number(y.toFixed(2))]);

export class KnotTool {
  /** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene @param {import("./edits.js").Edits} edits */
  constructor(store, scene, edits) {
    this.store = store;
    this.scene = scene;
    this.edits = edits;
    this.#draw();
    this.#listen();
  }

  /** Take the tool up for the chosen dendrite, or lay it down. */
  open() {
    const { store } = this;
    if (!store.state.knots && !chosenDendrite(store.state)) {
      announce("Choose a dendrite first.");
      return;
    }
    store.update((state) => (state.knots ? withoutKnots(state) : withKnots(withoutDrawing(state))));
    if (store.state.knots) at("viewer").focus({ preventScroll: true });
  }

  /** Save the line. It stays drawn until the server has it. */
  async save() {
    const { knots } = this.store.state;
    if (!knots) return;
    if (!knots.before.length) {
      this.store.update(withoutKnots);
      return;
    }
    const answer = await this.edits.send(this.edits.address("changeDendrite", knots.of), { points: joined(rounded(knots.points)) });
    if (answer) this.store.update((state) => (state.knots === knots ? withoutKnots(state) : state));
  }

  /** The next or the previous point. @param {1 | -1} by */
  turn(by) {
    this.store.update((state) => withKnotAfter(state, by));
    this.#tell();
  }

  insert() {
    this.store.update(withKnotBetween);
    this.#tell();
  }

  remove() {
    const { knots } = this.store.state;
    this.store.update(withoutKnot);
    if (knots && this.store.state.knots === knots) announce("A dendrite has two points at least.");
    else this.#tell();
  }

  undo() {
    this.store.update(knotsBack);
  }

  redo() {
    this.store.update(knotsForward);
  }

  /** By keys: move the chosen point. @param {Point} by @param {boolean} leaps */
  nudge([dx, dy], leaps) {
    const { knots } = this.store.state;
    const from = knots?.points[knots.chosen];
    if (!knots || !from) return;
    const step = (leaps ? LEAP_PX : STEP_PX) / this.scene.scale;
    const place = this.scene.within([from[0] + dx * step, from[1] + dy * step]);
    this.store.update((state) => withKnotAt(withKnotHeld(state, knots.chosen), place));
    this.scene.keepInView(place);
  }

  #tell() {
    const { knots } = this.store.state;
    const place = knots?.points[knots.chosen];
    if (!knots || !place) return;
    this.scene.keepInView(place);
    announce(`Point ${knots.chosen + 1} of ${knots.points.length}`);
  }

  #draw() {
    const { store, scene } = this;
    const root = svg("g", { class: "knots", hidden: "" });
    const lines = [svg("polyline", { class: "pen-halo" }), svg("polyline", { class: "pen-line" })];
    const dots = [svg("path", { class: "pen-dot-halo" }), svg("path", { class: "pen-dot" })];
    const held = [svg("path", { class: "held-halo" }), svg("path", { class: "held" })];
    root.append(...lines, ...dots, ...held);
    scene.over.append(root);
    store.watch(({ knots }) => [knots], (knots) => {
      root.toggleAttribute("hidden", !knots);
      if (!knots) return;
      const place = knots.points[knots.chosen];
      for (const line of lines) set(line, { points: joined(knots.points) });
      for (const path of dots) set(path, { d: knots.points.map(dot).join("") });
      for (const path of held) set(path, { d: place ? dot(place) : "" });
    });
  }

  #listen() {
    const { store, scene } = this;
    const { viewer } = scene;
    /** @type {{point: number, isMoved: boolean} | null} */
    let drag = null;
    viewer.addHandler("canvas-press", ({ position, pointerType }) => {
      const { knots } = store.state;
      const point = knots && pointWithin(knots.points, scene.inImage(position), scene.reachOf(pointerType));
      drag = point === null ? null : { point, isMoved: false };
    });
    viewer.addHandler("canvas-drag", (event) => {
      if (!drag || !store.state.knots) return;
      event.preventDefaultAction = true;
      const { point, isMoved } = drag;
      drag.isMoved = true;
      const place = scene.within(scene.inImage(event.position));
      store.update((state) => withKnotAt(isMoved ? state : withKnotHeld(state, point), place));
    });
    viewer.addHandler("canvas-drag-end", (event) => {
      if (drag) event.preventDefaultAction = true;
      drag = null;
    });
    viewer.addHandler("canvas-click", (event) => {
      const { knots } = store.state;
      if (!knots || !event.quick) return;
      event.preventDefaultAction = true;
      this.#click(knots, scene.within(scene.inImage(event.position)), scene.reachOf(pointerOf(event.originalEvent)));
    });
  }

  /** A point chosen, put into the line, or moved to where nothing is. @param {import("./state.js").Knots} knots @param {Point} place @param {number} reach_px */
  #click(knots, place, reach_px) {
    const point = pointWithin(knots.points, place, reach_px);
    const side = sideWithin(knots.points, place, reach_px);
    this.store.update((state) => {
      if (point !== null) return withKnotChosen(state, point);
      return side === null ? withKnotAt(withKnotHeld(state, knots.chosen), place) : withKnotInserted(state, side, place);
    });
  }
}
