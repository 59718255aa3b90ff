// @ts-check
// A rater's page on which spines are marked or outlined. Every change is saved as the whole layer; what others drew is
// not on the page.

import { showNote } from "./base.js";
import { around, at, buttonAt, inputAt, kindAt, parts, said, sentenceOf } from "./dom.js";
import { Saving } from "./image/saving.js";
import { Scene } from "./image/scene.js";
import { Store } from "./image/store.js";
import { openViewer } from "./image/viewer.js";
import { drawMarks } from "./marking/drawn.js";
import { boxAround, boxBetween, markAt, moved, sent, stepped, withClass, withMark, withoutChosen, withPoint } from "./marking/layer.js";

/** @typedef {import("./marking/layer.js").Layer} Layer */
/** @typedef {import("./marking/drawn.js").LayerStore} LayerStore */

const WAIT_MS = 400;
const SLACK_PX = 4;
const NUDGE_PX = 6;
const ARROWS = /** @type {Record<string, Point>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });

const root = at("marking");
const isOutline = said(root, "task") === "outline";

/** Saves the layer a moment after its last change, and at once when the rater is through. */
class Keeper {
  #timer = 0;
  #version = Number(said(root, "version"));

  /** @param {LayerStore} store */
  constructor(store) {
    this.store = store;
    this.saving = new Saving(said(root, "csrfCookie"), (isSaving) => {
      const waits = this.#timer !== 0; // something was changed while this was sent
      root.dataset.saving = String(isSaving || waits);
      at("saved").textContent = isSaving ? "Saving…" : waits ? "Not saved yet" : "Saved";
    });
    store.onChange(({ marks, outline }) => [marks, outline], (..._parts) => this.soon());
    inputAt("note").addEventListener("input", () => this.soon());
  }

  soon() {
    at("saved").textContent = "Not saved yet";
    root.dataset.saving = "true";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(false), WAIT_MS);
  }

  /** @param {boolean} isDone */
  async save(isDone) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const fields = () => ({
      marks: sent(this.store.state, isOutline),
      version: String(this.#version),
      done: String(isDone),
      note: inputAt("note").value,
    });
    try {
      const answer = /** @type {{version: number} | null} */ (/** @type {unknown} */ (await this.saving.send(said(root, "save"), fields)));
      if (answer) this.#version = answer.version;
      return answer !== null;
    } catch (thrown) {
      at("saved").textContent = "Not saved";
      showNote(sentenceOf(thrown));
      return false;
    }
  }
}

/** @returns {Layer} */
function firstLayer() {
  const given = /** @type {Record<string, unknown>[]} */ (JSON.parse(at("marks").textContent));
  return {
    width_px: Number(said(root, "width")),
    height_px: Number(said(root, "height")),
    marks: isOutline ? [] : /** @type {import("./marking/layer.js").Mark[]} */ (/** @type {unknown} */ (given)),
    outline: isOutline ? /** @type {Point[]} */ (given[0]?.outline_px ?? []) : [],
    chosen: null,
    draft: null,
    cursor: null,
    draws: !isOutline,
    error: "",
  };
}

/** Drawing with the mouse or a finger. @param {LayerStore} store @param {Scene} scene */
function listenToPointer(store, scene) {
  const { viewer } = scene;
  /** @type {Point | null} */
  let from = null;
  viewer.addHandler("canvas-press", ({ position }) => {
    from = store.state.draws ? scene.inImage(position) : null;
  });
  viewer.addHandler("canvas-drag", (event) => {
    if (!from) return;
    event.preventDefaultAction = true;
    const begun = from;
    store.update((layer) => ({ ...layer, draft: boxBetween(layer, begun, scene.inImage(event.position)) }));
  });
  viewer.addHandler("canvas-drag-end", (event) => {
    if (from) event.preventDefaultAction = true;
    store.update((layer) => (layer.draft ? withMark(layer, layer.draft) : layer));
  });
  viewer.addHandler("canvas-double-click", (event) => {
    event.preventDefaultAction = true;
  });
  viewer.addHandler("canvas-click", (event) => {
    if (!event.quick) return;
    const place = scene.within(scene.inImage(event.position));
    store.update((layer) => {
      if (isOutline) return withPoint({ ...layer, cursor: null }, place, scene.scale);
      const hit = markAt(layer, place, SLACK_PX / scene.scale);
      if (hit !== null) return { ...layer, chosen: hit };
      return layer.draws ? withMark(layer, boxAround(layer, place)) : { ...layer, chosen: null };
    });
  });
}

/** @param {LayerStore} store @param {Scene} scene @returns {Record<string, (event: KeyboardEvent) => void>} */
function keysOf(store, scene) {
  const step = (/** @type {KeyboardEvent} */ event) => {
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    const by = NUDGE_PX / scene.scale;
    store.update((layer) => {
      if (!isOutline) return event.shiftKey ? moved(layer, [dx * by, dy * by]) : stepped(layer, dx + dy);
      const [x, y] = layer.cursor ?? layer.outline.at(-1) ?? scene.centre;
      return { ...layer, cursor: scene.within([x + dx * by, y + dy * by]) };
    });
  };
  const here = () => store.update((layer) => {
    const place = layer.cursor ?? scene.centre;
    return isOutline ? withPoint(layer, place, scene.scale) : withMark(layer, boxAround(layer, place));
  });
  const takeBack = () => store.update((layer) => (isOutline ? { ...layer, outline: layer.outline.slice(0, -1) } : withoutChosen(layer)));
  return {
    ...Object.fromEntries(Object.keys(ARROWS).map((key) => [key, step])),
    Enter: here,
    Delete: takeBack,
    Backspace: takeBack,
    Escape: () => store.update((layer) => ({ ...layer, chosen: null, cursor: null })),
    "+": () => scene.viewer.viewport.zoomBy(1.5),
    "-": () => scene.viewer.viewport.zoomBy(1 / 1.5),
  };
}

/** @param {LayerStore} store @param {Scene} scene */
function listenToKeys(store, scene) {
  const keys = keysOf(store, scene);
  document.addEventListener("keydown", (event) => {
    const on = event.target instanceof Element ? event.target : document.body;
    if (event.ctrlKey || event.metaKey || event.altKey || on.closest("input, select, textarea")) return;
    const button = parts(root, "[data-key]").find((each) => each.dataset.key === event.key.toLowerCase());
    const act = on.closest("button, a, summary") && event.key === "Enter" ? null : keys[event.key];
    if (!button && !act) return;
    event.preventDefault();
    if (button) button.click();
    else act?.(event);
  });
}

/** @param {LayerStore} store @param {Scene} scene @param {Keeper} keeper */
function listenToButtons(store, scene, keeper) {
  const { viewport } = scene.viewer;
  /** @type {Record<string, () => unknown>} */
  const acts = {
    "zoom-in": () => viewport.zoomBy(1.5),
    "zoom-out": () => viewport.zoomBy(1 / 1.5),
    "zoom-home": () => viewport.goHome(),
    draws: () => store.update((layer) => ({ ...layer, draws: !layer.draws })),
    remove: () => store.update((layer) => (isOutline ? { ...layer, outline: layer.outline.slice(0, -1) } : withoutChosen(layer))),
    anew: () => store.update((layer) => ({ ...layer, outline: [] })),
    done: async () => {
      if (await keeper.save(true)) location.assign(said(root, "next"));
    },
  };
  root.addEventListener("click", (event) => {
    const pressed = around(event, "button");
    if (!pressed) return;
    acts[pressed.id]?.();
    const key = pressed.dataset.class;
    if (key !== undefined) store.update((layer) => withClass(layer, key));
  });
  store.watch(({ marks, outline, chosen, draws }) => [marks, outline, chosen, draws], (marks, outline, chosen, draws) => {
    const n = marks.length;
    at("count").textContent = isOutline ? `${outline.length} points` : `${n} spine${n === 1 ? "" : "s"} marked`;
    buttonAt("remove").disabled = isOutline ? !outline.length : chosen === null;
    document.getElementById("draws")?.setAttribute("aria-pressed", String(draws));
    const mark = chosen === null ? null : marks[chosen];
    for (const each of parts(root, "[data-class]")) {
      each.setAttribute("aria-pressed", String(mark?.class === each.dataset.class));
      each.toggleAttribute("disabled", !mark);
    }
  });
  store.watch(({ chosen }) => [chosen], (chosen) => {
    const mark = chosen === null ? null : store.state.marks[chosen];
    if (mark) scene.keepInView([mark.box_px[0], mark.box_px[1]]);
  });
}

function start() {
  /** @type {LayerStore} */
  const store = new Store(firstLayer());
  const source = { type: "image", url: said(root, "picture"), buildPyramid: false };
  const viewer = openViewer(at("viewer"), source, () => showNote("The picture could not be drawn. Reload the page."));
  viewer.addOnceHandler("open", () => {
    const { width_px, height_px } = store.state;
    const scene = new Scene(viewer, { id: 0, width_px, height_px, pixel_size_um: null });
    const classes = /** @type {{key: string, letter: string}[]} */ (JSON.parse(kindAt("classes", HTMLScriptElement).textContent ?? "[]"));
    drawMarks(store, scene, new Map(classes.map(({ key, letter }) => [key, letter])));
    listenToPointer(store, scene);
    listenToKeys(store, scene);
    listenToButtons(store, scene, new Keeper(store));
    root.dataset.state = "ready";
  });
}

start();
