// @ts-check
// The buttons of corrections, and how far the review is, as they stand now.

import { announce } from "../base.js";
import { at, buttonAt, part, parts, said } from "../dom.js";
import { withMode, withoutContour, withPointBetween } from "./contour.js";
import { knotsBack, knotsForward, withoutKnots } from "./knots.js";
import { WORDS } from "./line_edits.js";
import { isPlace, withoutPen, withoutPoint } from "./pen.js";
import { chosenSpine } from "./state.js";

const DRAW = "Drag a box over the spine, or click its middle. Esc ends adding.";
const NAME = "Choose the class of the new spine to save it. Esc discards the box.";
const SET = "Drag its corners, its sides or the box itself; arrows move it, with Shift they size it. Enter saves, Esc leaves it as it was.";
/** What a way to set an outline wants of who uses it. */
const OUTLINE_WORDS = {
  brush: "Paint what belongs to the spine, or erase what does not; a click is a dab. By keys: arrows move the brush, Space puts it down, [ and ] size it (also Alt and the wheel), X erases. Enter saves.",
  points: "Drag a point; click the line to put one in; click elsewhere to move the chosen point there. By keys: [ and ] choose a point, arrows move it, Space puts one after it, Delete takes it out. Enter saves.",
};
const TOOLS = /** @type {const} */ (["draw", "extend", "cut", "merge", "split", "join", "base", "give"]);

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
  for (const id of ["accept", "reject", "reshape", "outline", "split", "join", "base", "give"]) at(id).hidden = isNew || isRejected;
  at("restore").hidden = isNew || !isRejected;
  buttonAt("accept").disabled = Boolean(spine?.reviewed_class);
}

/** @param {import("./state.js").Pen | null} pen */
function showPen(pen) {
  const n = pen?.points.length ?? 0;
  const wantsPlace = pen !== null && isPlace(pen.tool);
  at("pen-bar").hidden = !pen;
  at("pen-words").textContent = pen ? WORDS[pen.tool] : "";
  at("pen-end").hidden = wantsPlace || n < (pen?.tool === "extend" ? 1 : 2);
  at("pen-back").hidden = wantsPlace || !n;
  for (const tool of TOOLS) press(at(tool), pen?.tool === tool);
}

/** @param {import("./state.js").Contour | null} contour */
function showContour(contour) {
  const isBrush = contour?.mode === "brush";
  at("contour-bar").hidden = !contour;
  at("contour-words").textContent = contour ? OUTLINE_WORDS[contour.mode] : "";
  for (const mode of /** @type {const} */ (["brush", "points"])) press(at(`contour-${mode}`), contour?.mode === mode);
  press(at("contour-erase"), Boolean(contour?.erases));
  at("contour-erase").hidden = !isBrush;
  at("contour-less").textContent = isBrush ? "Smaller brush" : "Point before";
  at("contour-more").textContent = isBrush ? "Larger brush" : "Next point";
  at("contour-remove").hidden = isBrush;
  at("contour-insert").hidden = isBrush;
  press(at("outline"), Boolean(contour));
}

/** @param {import("./state.js").Knots | null} knots */
function showKnots(knots) {
  at("knot-bar").hidden = !knots;
  press(at("knots"), Boolean(knots));
  if (!knots) return;
  at("knot-place").textContent = `Point ${knots.chosen + 1} of ${knots.points.length}`;
  buttonAt("knot-remove").disabled = knots.points.length < 3;
  buttonAt("knot-back").disabled = !knots.before.length;
  buttonAt("knot-forward").disabled = !knots.after.length;
}

/** @param {import("./state.js").ImageStore} store */
function follow(store) {
  store.watch(({ contour }) => [contour], showContour);
  store.onChange(({ knots }) => [knots], showKnots);
  store.watch(({ pen, contour, knots }) => [pen ?? contour ?? knots], (drawn) => {
    at("look").classList.toggle("is-drawing", Boolean(drawn));
  });
  store.watch(({ followsRidge, pen }) => [followsRidge, pen?.tool], (isFollowing, tool) => {
    press(at("ridge"), isFollowing);
    at("ridge").hidden = tool !== "draw" && tool !== "extend";
  });
  store.watch(({ review }) => [review], showProgress);
  store.watch(({ draft }) => [draft], showDraft);
  store.watch((state) => [chosenSpine(state), state.draft], showTools);
  store.watch((state) => [chosenSpine(state)], (spine) => {
    at("base-found").hidden = !spine?.base_px || spine.rejected;
    at("outline-found").hidden = !spine?.outline_by_hand || spine.rejected;
  });
  store.onChange(({ pen }) => [pen], showPen);
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
  const { lines, contours, knots } = edits;
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
    split: () => lines.about("split"),
    join: () => lines.about("join"),
    base: () => lines.about("base"),
    give: () => lines.about("give"),
    "base-found": () => edits.findBase(),
    merge: () => lines.merge(),
    ridge: () => lines.toggleRidge(),
    remove: () => lines.remove(),
    outline: () => (store.state.contour ? contours.save() : contours.open()),
    "outline-found": () => contours.findAgain(),
    "contour-brush": () => store.update((state) => withMode(state, "brush")),
    "contour-points": () => store.update((state) => withMode(state, "points")),
    "contour-erase": () => contours.toggleErasing(),
    "contour-less": () => contours.turn(-1),
    "contour-more": () => contours.turn(1),
    "contour-insert": () => store.update(withPointBetween),
    "contour-remove": () => contours.back(),
    "contour-back": () => contours.undo(),
    "contour-end": () => contours.save(),
    "contour-close": () => store.update(withoutContour),
    knots: () => knots.open(),
    "knot-before": () => knots.turn(-1),
    "knot-after": () => knots.turn(1),
    "knot-insert": () => knots.insert(),
    "knot-remove": () => knots.remove(),
    "knot-back": () => store.update(knotsBack),
    "knot-forward": () => store.update(knotsForward),
    "knot-end": () => knots.save(),
    "knot-close": () => store.update(withoutKnots),
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
