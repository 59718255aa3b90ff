// @ts-check
// Keys of the image page. Single letters can be switched off (WCAG 2.1.4); the choice is kept.

import { inputAt, kindAt, maybeAt } from "../dom.js";
import { draftAround, nudged } from "./draft.js";
import { withoutPoint } from "./pen.js";

/** @typedef {import("./edits.js").Edits} Edits */
/** @typedef {Record<string, (event: KeyboardEvent) => void>} Acts */

const SWITCH = "spinula-letter-keys";
const PAN_PX = 80;
const BARE = "."; // held: the picture alone

/** @type {Record<string, Point>} */
const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** @param {Element} target */
function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=range]), select, textarea, dialog[open]") !== null;
}

/** Keys of the browser, and of who types. @param {KeyboardEvent} event @param {Element} target */
function isForOthers({ ctrlKey, altKey, metaKey }, target) {
  return ctrlKey || altKey || metaKey || isTyping(target);
}

/** What Space and Enter would press by themselves. @param {Element} target */
function isPressed(target) {
  return target.closest("a, button, summary, input") !== null;
}

/** Ctrl+Z; Ctrl+Shift+Z or Ctrl+Y. @param {Edits} edits */
function listenToUndo(edits) {
  document.addEventListener("keydown", (event) => {
    const { ctrlKey, metaKey, altKey, shiftKey, target } = event;
    if (altKey || !(ctrlKey || metaKey) || !(target instanceof Element) || isTyping(target)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    void (key === "y" || shiftKey ? edits.redo() : edits.undo());
  });
}

/** @param {Edits} edits @param {ClassSetRow} classSet @returns {Acts} */
function lettersOf(edits, { classes }) {
  const keyed = classes.filter(({ keyboard }) => keyboard);
  return {
    // Where a lab's class has one of these keys, it is the class's.
    k: () => edits.contours.open(),
    r: () => edits.knots.open(),
    q: () => edits.lines.toggleRidge(),
    h: () => edits.lines.merge(),
    w: () => edits.lines.about("split"),
    i: () => edits.lines.about("join"),
    y: () => edits.lines.about("base"),
    g: () => edits.lines.about("give"),
    x: () => edits.contours.toggleErasing(),
    v: () => edits.contours.toggleMode(),
    ...Object.fromEntries(keyed.map(({ key, keyboard }) => [keyboard, () => edits.classify(key)])),
    u: () => edits.undo(),
    a: () => edits.add(),
    l: () => edits.lines.draw(),
    e: () => edits.lines.extend(),
    c: () => edits.lines.cut(),
  };
}

/** @param {Edits} edits @param {import("./scene.js").Scene} scene @returns {Acts} */
function othersOf(edits, scene) {
  const { store, lines, contours, knots } = edits;
  const takeBack = () => {
    if (store.state.contour) contours.back();
    else if (store.state.knots) knots.remove();
    else if (store.state.pen) store.update(withoutPoint);
    else edits.reject();
  };
  const turn = (/** @type {1 | -1} */ by) => (store.state.knots ? knots : contours).turn(by);
  return {
    " ": () => {
      if (store.state.contour) contours.put();
      else if (store.state.knots) knots.insert();
      else if (store.state.pen) lines.pen.setAtCross();
      else edits.accept();
    },
    "[": () => turn(-1),
    "]": () => turn(1),
    Enter: () => {
      if (store.state.contour) void contours.save();
      else if (store.state.knots) void knots.save();
      else if (store.state.pen) void lines.end();
      else if (!store.state.draft) edits.reshape();
      else if (store.state.draft.of !== null) edits.saveBox();
      else if (!store.state.draft.box) store.update((state) => draftAround(state, scene.centre));
    },
    Delete: takeBack,
    Backspace: takeBack,
  };
}

/** @param {import("openseadragon").Viewport} viewport @param {number} by */
export const zoom = (viewport, by) => viewport.zoomBy(by).applyConstraints();

/**
 * What the page does by keys beside corrections: `step` goes through spines, `stepDendrite` through dendrites.
 * @typedef {{step: (by: number) => void, stepDendrite: (by: number) => void, none: () => void}} Moves
 */

/** @param {Moves} moves @param {import("openseadragon").Viewport} viewport @param {(id: string) => void} open @returns {Acts} */
function everybodys({ stepDendrite }, viewport, open) {
  return {
    n: () => open("image-after"),
    p: () => open("image-before"),
    b: () => inputAt("boxes-shown").click(),
    o: () => inputAt("outlines-shown").click(),
    d: () => inputAt("dendrites-shown").click(),
    j: ({ shiftKey }) => stepDendrite(shiftKey ? -1 : 1),
    "?": () => kindAt("keys", HTMLDialogElement).showModal(),
    "+": () => zoom(viewport, 1.5),
    "=": () => zoom(viewport, 1.5),
    "-": () => zoom(viewport, 1 / 1.5),
    0: () => viewport.goHome(),
  };
}

/** Whether an arrow moved what is being drawn. @param {Edits} edits @param {Point} arrow @param {boolean} isShifted @param {number} scale */
function nudges({ store, contours, knots, lines }, arrow, isShifted, scale) {
  const { contour, pen, draft } = store.state;
  if (contour) contours.nudge(arrow, isShifted);
  else if (store.state.knots) knots.nudge(arrow, isShifted);
  else if (pen) lines.pen.nudge(arrow, isShifted);
  else if (draft?.box) store.update((now) => nudged(now, arrow, { sizes: isShifted, scale }));
  else return false;
  return true;
}

/** @param {import("./scene.js").Scene} scene @param {Edits | null} edits @param {Moves} moves */
function arrowOf(scene, edits, { step }) {
  const { viewport, element } = scene.viewer;
  /** Whether it meant something here. @param {KeyboardEvent} event @param {Point} arrow */
  return (event, [x, y]) => {
    if (edits && nudges(edits, [x, y], event.shiftKey, scene.scale)) return true;
    if (event.shiftKey) {
      viewport.panBy(viewport.deltaPointsFromPixels(new OpenSeadragon.Point(x * PAN_PX, y * PAN_PX)));
      viewport.applyConstraints();
    } else if (x || (event.target instanceof Node && element.contains(event.target))) {
      step(x + y);
    } else {
      return false;
    }
    return true;
  };
}

/**
 * Another image is opened when all is saved, and not when something could not be.
 * @param {import("./scene.js").Scene} scene
 * @param {ClassSetRow} classSet
 * @param {Edits | null} edits Null for who may not correct.
 * @param {Moves} moves
 */
export function listenToKeys(scene, classSet, edits, moves) {
  const letters = inputAt("letter-keys");
  letters.checked = localStorage.getItem(SWITCH) !== "off";
  letters.addEventListener("change", () => localStorage.setItem(SWITCH, letters.checked ? "on" : "off"));

  const open = async (/** @type {string} */ id) => {
    if (!edits || (await edits.saving.settled())) maybeAt(id)?.click();
  };
  const others = edits ? othersOf(edits, scene) : {};
  const actions = { ...(edits ? lettersOf(edits, classSet) : {}), ...everybodys(moves, scene.viewer.viewport, open) };
  const arrow = arrowOf(scene, edits, moves);
  if (edits) listenToUndo(edits);

  const bare = (/** @type {boolean} */ isBare) => scene.root.classList.toggle("is-bare", isBare);
  document.addEventListener("keyup", ({ key }) => key === BARE && bare(false));
  window.addEventListener("blur", () => bare(false));

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!(target instanceof Element) || isForOthers(event, target)) return;
    if (key === BARE && letters.checked) bare(true);
    const direction = ARROWS[key];
    const other = others[key];
    const action = letters.checked ? actions[key.toLowerCase()] : undefined;
    if (direction) {
      if (!target.matches("input") && arrow(event, direction)) event.preventDefault();
    } else if (key === "Escape") {
      moves.none();
    } else if (other) {
      if ((key === " " || key === "Enter") && isPressed(target)) return;
      event.preventDefault();
      other(event);
    } else if (action) {
      event.preventDefault();
      action(event);
    }
  });
}
