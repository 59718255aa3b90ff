// @ts-check
// The buttons of corrections, and how far the review is, as they stand now.

import { announce } from "../base.js";
import { at, buttonAt, part, parts, said } from "../dom.js";
import { WORDS } from "./line_edits.js";
import { withoutPen, withoutPoint } from "./pen.js";
import { chosenSpine } from "./state.js";

const DRAW = "Drag a box over the spine, or click its middle. Esc ends adding.";
const NAME = "Choose the class of the new spine to save it. Esc discards the box.";
const SET = "Drag its corners, its sides or the box itself; arrows move it, with Shift they size it. Enter saves, Esc leaves it as it was.";
const TOOLS = /** @type {const} */ (["draw", "extend", "cut"]);

const classButtons = () => /** @type {HTMLButtonElement[]} */ (parts(document, "button[data-class]"));

/** @param {HTMLElement} button @param {boolean} isPressed */
const press = (button, isPressed) => button.setAttribute("aria-pressed", String(isPressed));

/** @param {ReviewRow | null} review */
function showProgress(review) {
  if (!review) return;
  const { reviewed, spines, rejected, apart, marked, undoable, redoable } = review;
  const others = `${rejected ? `, ${rejected} rejected` : ""}${apart ? `, ${apart} on no dendrite, listed apart` : ""}`;
  at("review-progress").textContent = `${reviewed} of ${spines} reviewed${others}`;
  at("review-marked").textContent = marked;
  at("review-marked").hidden = !marked;
  at("mark").textContent = marked ? "Not reviewed after all" : "Mark image as reviewed";
  at("mark").classList.toggle("button-main", !marked && reviewed === spines);
  buttonAt("undo").disabled = !undoable;
  buttonAt("redo").disabled = !redoable;
}

/** What is to be done with a box. @param {import("./state.js").Draft | null} draft */
function showDraft(draft) {
  const isSetting = draft !== null && draft.of !== null;
  press(at("add"), draft !== null && !isSetting);
  press(at("reshape"), isSetting);
  at("look").classList.toggle("is-adding", draft !== null && !isSetting);
  at("draft-words").hidden = !draft;
  at("draft-words").textContent = isSetting ? SET : draft?.box ? NAME : DRAW;
}

/** @param {SpineRow | null} spine @param {import("./state.js").Draft | null} draft */
function showTools(spine, draft) {
  const isNew = draft?.of === null && draft.box !== null;
  at("review-tools").hidden = !spine && !isNew;
  at("review-tools").classList.toggle("is-draft", isNew);
  const isRejected = Boolean(spine?.rejected);
  for (const button of classButtons()) {
    button.disabled = isRejected && !isNew;
    press(button, !isNew && spine?.reviewed_class === button.dataset.class);
  }
  for (const id of ["accept", "reject", "reshape"]) at(id).hidden = isNew || isRejected;
  at("restore").hidden = isNew || !isRejected;
  buttonAt("accept").disabled = Boolean(spine?.reviewed_class);
}

/** @param {import("./state.js").Pen | null} pen */
function showPen(pen) {
  const n = pen?.points.length ?? 0;
  const isPlace = pen?.tool === "cut";
  at("pen-bar").hidden = !pen;
  at("pen-words").textContent = pen ? WORDS[pen.tool] : "";
  at("pen-end").hidden = isPlace || n < (pen?.tool === "draw" ? 2 : 1);
  at("pen-back").hidden = isPlace || !n;
  for (const tool of TOOLS) press(at(tool), pen?.tool === tool);
  at("look").classList.toggle("is-drawing", Boolean(pen));
}

/** @param {import("./state.js").ImageStore} store */
function follow(store) {
  store.watch(({ review }) => [review], showProgress);
  store.watch(({ draft }) => [draft], showDraft);
  store.watch((state) => [chosenSpine(state), state.draft], showTools);
  store.watch(({ pen }) => [pen], showPen);
  store.watch(({ error }) => [error], (error) => {
    at("review-error").textContent = error;
    at("review-error").hidden = !error;
  });
  store.watch(({ isSaving }) => [isSaving], (isSaving) => {
    at("look").dataset.saving = String(isSaving);
  });
  let wasDone = store.state.review?.reviewed === store.state.review?.spines;
  store.onChange(({ review }) => [review], (review) => {
    const isDone = review?.reviewed === review?.spines;
    if (isDone && !wasDone) announce(`All ${review?.spines} spines are reviewed.`);
    wasDone = isDone;
  });
}

/** @param {import("./state.js").ImageStore} store @param {import("./edits.js").Edits} edits */
export function showReview(store, edits) {
  const { lines } = edits;
  /** @type {Record<string, () => void>} */
  const acts = {
    undo: () => edits.undo(),
    redo: () => edits.redo(),
    add: () => edits.add(),
    mark: () => edits.mark(),
    accept: () => edits.accept(),
    reject: () => edits.reject(),
    restore: () => edits.restore(),
    reshape: () => (store.state.draft ? edits.saveBox() : edits.reshape()),
    draw: () => lines.draw(),
    extend: () => lines.extend(),
    cut: () => lines.cut(),
    remove: () => lines.remove(),
    "pen-end": () => lines.end(),
    "pen-back": () => store.update(withoutPoint),
    "pen-close": () => store.update(withoutPen),
  };
  const buttons = /** @type {[HTMLElement, () => void][]} */ ([
    ...Object.entries(acts).map(([id, act]) => [at(id), act]),
    ...classButtons().map((button) => [button, () => edits.classify(said(button, "class"))]),
  ]);
  for (const [button, act] of buttons) {
    button.addEventListener("mousedown", (event) => event.preventDefault()); // the keys stay those of the page
    button.addEventListener("click", act);
  }
  part(edits.bar, "[data-needs-script]").hidden = false;
  follow(store);
}
