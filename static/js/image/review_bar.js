// @ts-check
// The buttons of corrections, and how far the review is, as they stand now.

import { announce } from "../base.js";
import { at, buttonAt, part, parts, said } from "../dom.js";
import { WORDS } from "./line_edits.js";
import { withoutPen, withoutPoint } from "./pen.js";
import { chosenSpine } from "./state.js";

const DRAW = "Drag a box over the spine, or click its middle. Esc ends adding.";
const NAME = "Choose the class of the new spine to save it. Esc discards the box.";
const TOOLS = /** @type {const} */ (["draw", "extend", "cut"]);

const classButtons = () => /** @type {HTMLButtonElement[]} */ (parts(document, "button[data-class]"));

/** @param {HTMLElement} button @param {boolean} isPressed */
const press = (button, isPressed) => button.setAttribute("aria-pressed", String(isPressed));

/** @param {ReviewRow | null} review */
function showProgress(review) {
  if (!review) return;
  const { reviewed, spines, rejected, apart, marked, undoable } = review;
  const others = `${rejected ? `, ${rejected} rejected` : ""}${apart ? `, ${apart} on no dendrite, listed apart` : ""}`;
  at("review-progress").textContent = `${reviewed} of ${spines} reviewed${others}`;
  at("review-marked").textContent = marked;
  at("review-marked").hidden = !marked;
  at("mark").textContent = marked ? "Not reviewed after all" : "Mark image as reviewed";
  at("mark").classList.toggle("button-main", !marked && reviewed === spines);
  buttonAt("undo").disabled = !undoable;
}

/** @param {SpineRow | null} spine @param {import("./state.js").Draft | null} draft */
function showTools(spine, draft) {
  const box = draft?.box;
  press(at("add"), Boolean(draft));
  at("look").classList.toggle("is-adding", Boolean(draft));
  at("draft-words").hidden = !draft;
  at("draft-words").textContent = box ? NAME : DRAW;
  at("review-tools").hidden = !spine && !box;
  at("review-tools").classList.toggle("is-draft", Boolean(box));
  const isRejected = Boolean(spine?.rejected);
  for (const button of classButtons()) {
    button.disabled = isRejected && !box;
    press(button, !box && spine?.reviewed_class === button.dataset.class);
  }
  at("accept").hidden = Boolean(box) || isRejected;
  at("reject").hidden = Boolean(box) || isRejected;
  at("restore").hidden = Boolean(box) || !isRejected;
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
    add: () => edits.add(),
    mark: () => edits.mark(),
    accept: () => edits.accept(),
    reject: () => edits.reject(),
    restore: () => edits.restore(),
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
