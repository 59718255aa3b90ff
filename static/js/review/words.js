// @ts-check
// What the page says of a step and of the queue.

import { at, maybeAt, parts } from "../dom.js";
import { openOf, saidOf } from "./hand.js";

const count = (/** @type {number} */ n) => n.toLocaleString("en");

/** @param {ClassSetRow} classSet @param {string} key */
const styleOf = ({ classes }, key) => classes.find((each) => each.key === key);

/** A class as everywhere: its letter in its outline, and its name. @param {ClassSetRow} classSet @param {string} key */
function chip(classSet, key) {
  const made = document.createElement("span");
  made.className = "class";
  const letter = document.createElement("span");
  letter.className = `chip chip-${key}`;
  letter.ariaHidden = "true";
  letter.textContent = styleOf(classSet, key)?.letter ?? "";
  made.append(letter, styleOf(classSet, key)?.name ?? key);
  return made;
}

/** What the network and the rule say. @param {QueueStep} step @param {ClassSetRow} classSet @returns {(Node | string)[]} */
function opinions({ network, uncertain, sureness, rule }, classSet) {
  if (!network) return [];
  const sure = sureness === null ? "" : ` ${sureness.toFixed(2)}${uncertain ? ", unsure" : ""}`;
  const says = [document.createTextNode("Network: "), chip(classSet, network), sure];
  return rule ? [...says, rule === network ? " · rule: the same" : " · rule: ", ...(rule === network ? [] : [chip(classSet, rule)])] : says;
}

/** @param {QueueStep | null} step @param {import("./hand.js").Hand} hand @param {ClassSetRow} classSet */
export function showStep(step, hand, classSet) {
  const has = Boolean(step);
  for (const each of parts(document, "[data-with-step]")) each.hidden = !has;
  at("queue-end").hidden = has || !hand.isOver;
  at("queue-wait").hidden = has || hand.isOver;
  if (!step) return;
  at("step-name").textContent = `Spine ${step.number}`;
  const page = /** @type {HTMLAnchorElement} */ (at("step-image"));
  page.textContent = step.image;
  page.href = step.page;
  maybeAt("step-says")?.replaceChildren(...opinions(step, classSet));
  const said = saidOf(hand, step);
  for (const button of parts(document, "button[data-answer]")) button.setAttribute("aria-pressed", String(button.dataset.answer === said));
}

/** @param {import("./hand.js").Hand} hand @param {string} pace */
export function showProgress(hand, pace) {
  const { answered, total } = hand;
  const open = openOf(hand).length;
  const bar = /** @type {HTMLProgressElement} */ (at("queue-bar"));
  bar.max = Math.max(1, total);
  bar.value = answered;
  at("queue-count").textContent = `${count(answered)} of ${count(total)} answered`;
  at("queue-pace").textContent = pace;
  const end = answered >= total ? "All of it is answered." : "Nothing more waits for you: the rest lies before others, or you could not say.";
  at("queue-end-words").textContent = open ? `${count(open)} were left open.` : end;
}
