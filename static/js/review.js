// @ts-check
// The Review page: a hand of steps (review/hand.js), an answer a key, and what is fetched and saved behind it.

import { announce, showNote } from "./base.js";
import { around, at, inputAt, said, sentenceOf } from "./dom.js";
import { newKey } from "./image/keys_of_edits.js";
import { NotSaved, Saving } from "./image/saving.js";
import { CANNOT_SAY, EMPTY, aheadOf, answered, isFull, moved, openOf, saidOf, stepOf, withBatch, without, withoutAnswer, withSaid } from "./review/hand.js";
import { listenToLook } from "./review/look.js";
import { paceInWords, paceOf } from "./review/pace.js";
import { prefetch } from "./review/pictures.js";
import { showStage } from "./review/stage.js";
import { showProgress, showStep } from "./review/words.js";

const FEW = 8; // steps ahead, below which more are fetched
const BEHIND = new Set([404, 409]);
const TOLD_AFTER_MS = 1000;
const AGAIN_AFTER_MS = 200;
const LETTERS = "spinula-letter-keys";
const BARE = ".";

const root = at("queue");
/** @type {ClassSetRow} */
const classSet = JSON.parse(at("class-set").textContent ?? "");
/** @type {Saving<QueueSaid>} */
const saving = new Saving(said(root, "csrfCookie"), (isSaving) => {
  root.dataset.saving = String(isSaving);
});
/** @type {Saving<QueueBatch>} */
const asking = new Saving(said(root, "csrfCookie"), () => undefined);

let hand = EMPTY;
let isAsking = false;
let unsaved = 0;
/** @type {number[]} */
const moments = [];
/** The spines that were answered, the last last. @type {number[]} */
const behind = [];

const asked = () => ({ order: said(root, "order"), n: said(root, "n"), ...(said(root, "hide") === "yes" ? { hide: "on" } : {}) });

/** @param {import("./review/hand.js").Hand} next */
function show(next) {
  const before = stepOf(hand);
  hand = next;
  const step = stepOf(hand);
  if (step?.id !== before?.id || !step) showStage(step);
  showStep(step, hand, classSet);
  showProgress(hand, paceInWords(paceOf(moments), hand.total - hand.answered));
  if (step) void prefetch(aheadOf(hand).slice(0, FEW), step);
}

async function fetchMore() {
  if (isAsking || hand.isOver || isFull(hand) || aheadOf(hand).length >= FEW) return;
  isAsking = true;
  try {
    const before = { unsaved, given: moments.length };
    const held = openOf(hand).map(({ id }) => id).join(" ");
    const batch = await asking.send(said(root, "steps"), () => ({ ...asked(), held }));
    if (batch) show(withBatch(hand, batch, !before.unsaved && before.given === moments.length));
    // What was told may have been asked before the last answers were saved.
    if (!stepOf(hand) && !hand.isOver) setTimeout(() => void fetchMore(), AGAIN_AFTER_MS);
  } catch (error) {
    showNote(sentenceOf(error));
    at("queue-wait").textContent = sentenceOf(error);
  } finally {
    isAsking = false;
  }
}

/** @param {string} given A class, or one of the other answers. */
async function answer(given) {
  const step = stepOf(hand);
  if (!step || (given === "accept" && !step.network)) return;
  const now = hand.steps.find(({ id }) => id === step.id) ?? step;
  moments.push(performance.now());
  behind.push(step.id);
  unsaved += 1;
  show(answered(hand, given === "accept" ? (saidOf(hand, now) || step.network) ?? "" : given));
  announce("");
  void fetchMore();
  const once = { ...asked(), answer: given, key: newKey() };
  const versionOf = () => hand.steps.find(({ id }) => id === step.id)?.version ?? step.version;
  try {
    const url = said(root, "answer").replace("/0/", `/${step.id}/`);
    const saved = await saving.send(url, () => ({ ...once, version: String(versionOf()) }));
    if (!saved) show(withoutAnswer(hand, step.id)); // an earlier one failed
    else show(withSaid(hand, saved));
  } catch (error) {
    if (!(error instanceof NotSaved)) throw error;
    showNote(error.message);
    show(BEHIND.has(error.status) ? without(withoutAnswer(hand, step.id), step.id) : withoutAnswer(hand, step.id));
  } finally {
    unsaved -= 1;
    if (!unsaved) tellSoon();
  }
}

let telling = 0;

/** The network's figures anew, when nothing was answered for a moment. Only answers of a sample by lot move them. */
function tellSoon() {
  clearTimeout(telling);
  if (said(root, "order") !== "random") return;
  telling = setTimeout(() => void htmx.ajax("GET", said(root, "network"), { target: "#network", swap: "innerHTML" }), TOLD_AFTER_MS);
}

async function undo() {
  const id = behind.pop();
  if (id === undefined) {
    announce("Nothing is left to undo in this sitting.");
    return;
  }
  try {
    const back = await saving.send(said(root, "takeBack").replace("/0/", `/${id}/`), () => ({}));
    if (back) show(withoutAnswer(withSaid(hand, back), id));
    announce("Undone.");
  } catch (error) {
    if (!(error instanceof NotSaved)) throw error;
    showNote(error.message);
  }
}

/** On without an answer, past those that came first as well. */
function goOn() {
  show(moved(hand, 1));
  void fetchMore();
}

/** @type {Record<string, () => unknown>} */
const acts = { back: () => show(moved(hand, -1)), on: goOn, undo };

/** @type {Record<string, () => unknown>} */
const keys = {
  ArrowLeft: acts.back ?? undo,
  ArrowRight: acts.on ?? undo,
  " ": () => answer("accept"),
  Delete: () => answer("not_a_spine"),
  Backspace: () => answer("not_a_spine"),
};
/** @type {Record<string, () => unknown>} */
const letters = {
  ",": () => answer(CANNOT_SAY),
  u: undo,
  ...Object.fromEntries(classSet.classes.filter(({ keyboard }) => keyboard).map(({ key, keyboard }) => [keyboard, () => answer(key)])),
};

/** Whether a key means something to the element that it is pressed in. @param {Element} target @param {string} key */
function isForElement(target, key) {
  if (target.closest("input:not([type=checkbox], [type=range]), select, textarea, dialog[open]")) return true;
  if (key === " ") return target.closest("a, button, summary, input") !== null;
  return key.startsWith("Arrow") && target.matches("input");
}

/** What a key does here, or null. @param {KeyboardEvent} event */
function actOf({ key, ctrlKey, metaKey, altKey, shiftKey, target }) {
  if (altKey || !(target instanceof Element) || isForElement(target, key)) return null;
  if (ctrlKey || metaKey) return key.toLowerCase() === "z" && !shiftKey ? undo : null;
  return keys[key] ?? (inputAt("letter-keys").checked ? letters[key.toLowerCase()] : null) ?? null;
}

function listen() {
  const isLettered = inputAt("letter-keys");
  isLettered.checked = localStorage.getItem(LETTERS) !== "off";
  isLettered.addEventListener("change", () => localStorage.setItem(LETTERS, isLettered.checked ? "on" : "off"));
  const bare = (/** @type {boolean} */ isBare) => at("stage").classList.toggle("is-bare", isBare);
  document.addEventListener("keydown", (event) => {
    if (event.key === BARE && isLettered.checked) bare(true);
    const act = actOf(event);
    if (!act) return;
    event.preventDefault();
    if (!event.repeat) void act();
  });
  document.addEventListener("keyup", ({ key }) => key === BARE && bare(false));
  window.addEventListener("blur", () => bare(false));
  root.addEventListener("click", (event) => {
    const given = around(event, "button[data-answer]");
    const act = around(event, "[data-act]");
    if (given) void answer(said(given, "answer"));
    if (act) void acts[said(act, "act")]?.();
  });
}

listenToLook();
listen();
void fetchMore().then(() => {
  root.dataset.state = "ready";
});
