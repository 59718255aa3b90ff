// @ts-check
// Setting an outline by mouse, by touch and by keys, and what it measures meanwhile, asked of the server.

import { announce } from "../base.js";
import { at } from "../dom.js";
import {
  changed, stepBack, strokeOf, withBrush, withChosenAt, withContour, withHeld, withInserted, withMode, withoutChosen,
  withoutContour, withPointAfter, withPointBetween, withStroke, withTold,
} from "./contour.js";
import { distance, first, pointWithin, sideWithin } from "./lines.js";
import { NotSaved, post } from "./saving.js";
import { pointerOf } from "./scene.js";
import { withoutDrawing } from "./state.js";
import { dot, joined, set, svg } from "./svg.js";

/** @typedef {import("./state.js").Contour} Contour */

const BRUSH_SPACING_PX = 2;
const STEP_PX = 4;
const LEAP_PX = 24;
const CROSS_PX = 9;

/** To hundredths of a pixel. @param {readonly Point[]} points @returns {Point[]} */
const rounded = (points) => points.map(([x, y]) => [Number(x.toFixed(2)), Number(y.toFixed(2))]);

/** @param {readonly Point[]} points */
const pathOf = (points) => (points.length > 1 ? `M${points.map((point) => point.join(" ")).join("L")}` : points.map(dot).join(""));

export class ContourTool {
  #isAsking = false;
  #isBehind = false;
  #isPainting = false;
  /** @type {Promise<void>} */
  #asked = Promise.resolve();

  /** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene @param {import("./edits.js").Edits} edits */
  constructor(store, scene, edits) {
    this.store = store;
    this.scene = scene;
    this.edits = edits;
    this.#draw();
    this.#listen();
    store.onChange(({ contour }) => [contour?.points, contour?.strokes], (_points, _strokes) => this.#ask());
  }

  get #contour() {
    return this.store.state.contour;
  }

  /** Take the tool up for the chosen spine, or lay it down. */
  open() {
    if (this.#contour) {
      this.store.update(withoutContour);
      return;
    }
    this.store.update((state) => withContour(withoutDrawing(state)));
    if (!this.#contour) {
      announce("Choose a spine first.");
      return;
    }
    at("viewer").focus({ preventScroll: true });
  }

  /** Save the outline. It stays drawn until the server has it. */
  async save() {
    await this.#asked;
    const contour = this.#contour;
    if (!contour || contour.strokes.length) return;
    const fields = { points: joined(rounded(contour.points)), ...this.edits.result, key: contour.key };
    const answer = await this.edits.send(this.edits.address("outline", contour.of), fields);
    if (answer) this.store.update(withoutContour);
  }

  /** Let the outline be found from the picture again. */
  async findAgain() {
    const id = this.store.state.chosen.spine;
    if (id !== null) await this.edits.send(this.edits.address("outline", id), { points: "", ...this.edits.result });
  }

  toggleMode() {
    this.store.update((state) => withMode(state, state.contour?.mode === "brush" ? "points" : "brush"));
  }

  toggleErasing() {
    this.store.update((state) => changed(state, { erases: !state.contour?.erases }));
  }

  /** A larger or smaller brush; the next or previous point. @param {1 | -1} by */
  turn(by) {
    this.store.update((state) => (state.contour?.mode === "brush" ? withBrush(state, by) : withPointAfter(state, by)));
  }

  /** By keys: the brush put down here; a point more. */
  put() {
    const contour = this.#contour;
    if (!contour) return;
    if (contour.mode === "points") this.store.update(withPointBetween);
    else if (contour.cursor) this.#dab(contour.cursor);
    else this.#look(this.#middle, true);
  }

  back() {
    this.store.update((state) => (state.contour?.mode === "points" ? withoutChosen(state) : stepBack(state)));
  }

  undo() {
    this.store.update(stepBack);
  }

  /** By keys: move the cross, or the chosen point. @param {Point} by @param {boolean} leaps */
  nudge([dx, dy], leaps) {
    const contour = this.#contour;
    if (!contour) return;
    const step = (leaps ? LEAP_PX : STEP_PX) / this.scene.scale;
    if (contour.mode === "brush") {
      const [x, y] = contour.cursor ?? this.#middle;
      this.#look([x + dx * step, y + dy * step], true);
    } else if (contour.chosen !== null) {
      const [x, y] = contour.points[contour.chosen] ?? this.#middle;
      const place = this.scene.within([x + dx * step, y + dy * step]);
      this.store.update((state) => withChosenAt(withHeld(state, contour.chosen ?? 0), place));
    }
  }

  /** @returns {Point} */
  get #middle() {
    const points = this.#contour?.points ?? [];
    const [x, y] = points.reduce(([ax, ay], [bx, by]) => [ax + bx, ay + by], [0, 0]);
    return [x / points.length, y / points.length];
  }

  /** @param {Point} place @param {boolean} byKeys */
  #look(place, byKeys) {
    this.store.update((state) => changed(state, { cursor: this.scene.within(place), byKeys }));
  }

  /** @param {Point} place */
  #dab(place) {
    this.store.update((state) => (state.contour ? withStroke(state, strokeOf(state.contour, [place]), { longer: false }) : state));
  }

  /** Ask what stands there measures; while an answer is awaited, once more after it. */
  #ask() {
    this.#isBehind = true;
    if (!this.#isAsking) this.#asked = this.#keepAsking();
  }

  async #keepAsking() {
    this.#isAsking = true;
    while (this.#isBehind && this.#contour) {
      this.#isBehind = false;
      await this.#askOnce(this.#contour);
    }
    this.#isAsking = false;
    this.#isBehind = false;
  }

  /** @param {Contour} contour */
  async #askOnce(contour) {
    if (!contour.strokes.length && contour.points === this.edits.store.state.spines.find(({ id }) => id === contour.of)?.outline_px) return;
    const isWhole = !this.#isPainting;
    const strokes = contour.strokes.map((stroke) => ({ ...stroke, points: rounded(stroke.points) }));
    const fields = { points: joined(rounded(contour.points)), strokes: JSON.stringify(strokes) };
    try {
      /** @type {SketchRow} */
      const told = await post(this.edits.address("sketch", contour.of), fields, this.edits.saving.csrfCookie);
      const sent = isWhole ? contour.strokes : []; // what is being painted is measured, not kept
      this.store.update((state) => ({ ...withTold(state, told, { of: contour, sent }), error: "" }));
    } catch (error) {
      if (!(error instanceof NotSaved)) throw error;
      this.store.update((state) => ({ ...changed(state, { strokes: [] }), error: error.message }));
    }
  }

  #draw() {
    const { store, scene } = this;
    const root = svg("g", { class: "contour", hidden: "" });
    const strokes = svg("g", { class: "strokes" });
    const lines = [svg("polygon", { class: "pen-halo" }), svg("polygon", { class: "pen-line" })];
    const dots = [svg("path", { class: "pen-dot-halo" }), svg("path", { class: "pen-dot" })];
    const held = [svg("path", { class: "held-halo" }), svg("path", { class: "held" })];
    const cross = [svg("path", { class: "pen-halo" }), svg("path", { class: "pen-line" })];
    const brush = [svg("circle", { class: "brush-halo" }), svg("circle", { class: "brush" })];
    root.append(strokes, ...lines, ...dots, ...held, ...cross, ...brush);
    scene.over.append(root);
    const draw = () => {
      const { contour } = store.state;
      root.toggleAttribute("hidden", !contour);
      if (!contour) return;
      const { points, cursor, mode, chosen, byKeys, radius_px, erases } = contour;
      strokes.replaceChildren(...contour.strokes.map((stroke) => svg("path", {
        d: pathOf(stroke.points), class: stroke.erases ? "stroke is-erasing" : "stroke", "stroke-width": 2 * stroke.radius_px,
      })));
      for (const line of lines) set(line, { points: joined(points) });
      const isPoints = mode === "points";
      const held_at = isPoints && chosen !== null ? points[chosen] : undefined;
      for (const path of dots) set(path, { d: isPoints ? points.map(dot).join("") : "" });
      for (const path of held) set(path, { d: held_at ? dot(held_at) : "" });
      const [x, y] = cursor ?? [0, 0];
      const arm = CROSS_PX / scene.scale;
      const isSeen = !isPoints && cursor !== null;
      for (const path of cross) set(path, { d: isSeen && byKeys ? `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}` : "" });
      for (const circle of brush) {
        set(circle, { cx: x, cy: y, r: radius_px });
        circle.toggleAttribute("hidden", !isSeen);
        circle.classList.toggle("is-erasing", erases);
      }
    };
    store.watch(({ contour }) => [contour], (_contour) => draw());
    scene.follow(draw);
  }

  #listen() {
    const { store, scene } = this;
    const { viewer } = scene;
    /** @type {{point: number | null, from: Point, isMoved: boolean} | null} */
    let drag = null;
    viewer.addHandler("canvas-press", ({ position, pointerType }) => {
      const contour = this.#contour;
      if (!contour) return;
      const from = scene.inImage(position);
      const point = contour.mode === "points" ? pointWithin(contour.points, from, scene.reachOf(pointerType)) : null;
      drag = contour.mode === "brush" || point !== null ? { point, from, isMoved: false } : null;
    });
    viewer.addHandler("canvas-drag", (event) => {
      const contour = this.#contour;
      if (!drag || !contour) return;
      event.preventDefaultAction = true;
      const place = scene.within(scene.inImage(event.position));
      const { point, from, isMoved } = drag;
      drag.isMoved = true;
      if (point !== null) {
        store.update((state) => withChosenAt(isMoved ? state : withHeld(state, point), place));
        return;
      }
      this.#isPainting = true;
      const last = isMoved ? (contour.strokes.at(-1)?.points ?? [from]) : [scene.within(from)];
      const end = last.at(-1);
      if (isMoved && end && distance(end, place) * scene.scale < BRUSH_SPACING_PX) return;
      const stroke = strokeOf(contour, [...last, place]);
      store.update((state) => changed(withStroke(state, stroke, { longer: isMoved }), { cursor: place, byKeys: false }));
    });
    viewer.addHandler("canvas-drag-end", (event) => {
      if (!drag) return;
      event.preventDefaultAction = true;
      drag = null;
      this.#isPainting = false;
      this.#ask();
    });
    viewer.addHandler("canvas-click", (event) => {
      const contour = this.#contour;
      if (!contour || !event.quick) return;
      event.preventDefaultAction = true;
      this.#click(contour, scene.within(scene.inImage(event.position)), scene.reachOf(pointerOf(event.originalEvent)));
    });
    viewer.addHandler("canvas-scroll", (event) => {
      const { originalEvent } = event;
      if (this.#contour?.mode !== "brush" || !(originalEvent instanceof WheelEvent) || !originalEvent.altKey) return;
      event.preventDefaultAction = true;
      event.preventDefault = true;
      store.update((state) => withBrush(state, event.scroll > 0 ? 1 : -1));
    });
    viewer.element.addEventListener("pointermove", (event) => {
      if (this.#contour?.mode === "brush" && event.pointerType === "mouse" && !event.buttons) this.#look(scene.ofPointer(event), false);
    });
  }

  /** A dab of the brush; a point chosen, put between two, or moved to where nothing is. @param {Contour} contour @param {Point} place @param {number} reach_px */
  #click(contour, place, reach_px) {
    if (contour.mode === "brush") {
      this.#dab(place);
      return;
    }
    const point = pointWithin(contour.points, place, reach_px);
    const side = sideWithin([...contour.points, first(contour.points)], place, reach_px);
    this.store.update((state) => {
      if (point !== null) return changed(state, { chosen: point });
      if (side !== null) return withInserted(state, side, place);
      return contour.chosen === null ? state : withChosenAt(withHeld(state, contour.chosen), place);
    });
  }
}
