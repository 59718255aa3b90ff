// @ts-check
// Which spines are shown, by class and score, what is drawn of them, and how many they are.

import { at, inputAt, inputs, kindAt, parts, said } from "../dom.js";
import { draw, filterBy } from "./changes.js";
import { shownOf, spinesOf } from "./state.js";

const LAYERS = /** @type {const} */ (["boxes", "outlines", "dendrites"]);

const classBoxes = () => inputs(at("look"), '.class-list input[name="class"]');
const count = (/** @type {number} */ n) => n.toLocaleString("en");

/** What the page's controls say: a browser may have kept them over a reload. @returns {import("./state.js").Filter} */
export function filterOfPage() {
  return {
    classes: classBoxes().filter((box) => box.checked).map((box) => box.value),
    least: Number(inputAt("score").value),
    withRejected: inputAt("rejected-shown").checked,
  };
}

/** @returns {import("./state.js").State["layers"]} */
export function layersOfPage() {
  const [boxes, outlines, dendrites] = LAYERS.map((name) => inputAt(`${name}-shown`).checked);
  return { boxes: boxes ?? true, outlines: outlines ?? true, dendrites: dendrites ?? true };
}

/** @param {readonly SpineRow[]} spines @param {readonly SpineRow[]} shown */
function showCounts(spines, shown) {
  const standing = spines.filter(({ rejected }) => !rejected);
  const rejected = spines.length - standing.length;
  for (const cell of parts(at("look"), "[data-count]")) {
    cell.textContent = count(standing.filter((spine) => spine.shown_class === cell.dataset.count).length);
  }
  at("rejected-row").hidden = !rejected;
  at("rejected-count").textContent = count(rejected);
  at("table-count").textContent = count(standing.length);
  const visible = shown.filter((spine) => !spine.rejected).length;
  at("shown-count").textContent = visible === standing.length
    ? `${count(visible)} spine${visible === 1 ? "" : "s"}`
    : `${count(visible)} of ${count(standing.length)} spines shown`;
}

/** How strongly the drawing covers the picture. @param {import("./scene.js").Scene} scene */
export function listenToStrength(scene) {
  const strength = inputAt("strength");
  const apply = () => {
    scene.root.style.setProperty("--strength", String(Number(strength.value) / 100));
    at("strength-value").textContent = strength.value;
  };
  strength.addEventListener("input", apply);
  apply();
}

/** @param {import("./state.js").ImageStore} store */
export function listenToFilters(store) {
  const follow = () => store.update((state) => filterBy(state, filterOfPage()));
  inputAt("score").addEventListener("input", follow);
  for (const box of [...classBoxes(), inputAt("rejected-shown")]) box.addEventListener("change", follow);
  for (const name of LAYERS) {
    const box = inputAt(`${name}-shown`);
    box.addEventListener("change", () => store.update((state) => draw(state, { [name]: box.checked })));
    store.watch(({ layers }) => [layers[name]], (isShown) => {
      box.checked = isShown;
    });
  }
  store.watch((state) => [spinesOf(state), shownOf(state)], showCounts);
  store.watch(({ filter, picture }) => [filter, picture], ({ classes, least }, picture) => {
    at("score-value").textContent = least.toFixed(2);
    const query = new URLSearchParams(picture);
    for (const name of classes) query.append("class", name);
    query.set("score", inputAt("score").value);
    kindAt("annotated", HTMLAnchorElement).href = `${said(at("look"), "annotated")}?${query}`;
  });
}
