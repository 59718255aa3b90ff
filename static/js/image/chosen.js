// @ts-check
// The right-hand panel: what is known of the chosen spine or dendrite; the address and screen readers are told of it too.

import { announce } from "../base.js";
import { at, kindAt, maybeAt, part, parts } from "../dom.js";
import { showMeasures } from "./measures.js";
import { dendriteAsSet } from "./knots.js";
import { chosenDendrite, chosenSpine } from "./state.js";
import { dendriteInWords, densityOf, inWords, lengthOf, namingOf, percent, why } from "./words.js";

/** The mark of a class, letter and word. @param {string} key */
export function chip(key) {
  const original = document.querySelector(`.class-list input[value="${key}"] ~ .class`);
  if (!original) throw new Error(`The page has no class ${key}.`);
  return original.cloneNode(true);
}

/** @param {SpineRow} spine */
function showProbabilities({ class_probabilities: probabilities }) {
  at("chosen-probabilities").hidden = !probabilities;
  if (!probabilities) return;
  for (const row of parts(document, ".probabilities tr")) {
    const p = probabilities[row.dataset.class ?? ""] ?? 0;
    part(row, ".bar").style.width = `${100 * p}%`;
    part(row, ".num").textContent = percent(p);
  }
}

/** @param {SpineRow} spine @param {ImageRow} image */
function sizeOf({ box_px: [, , width, height] }, { pixel_size_um: um }) {
  const inUm = um ? ` (${(width * um).toFixed(2)} × ${(height * um).toFixed(2)} µm)` : "";
  return `${width.toFixed(1)} × ${height.toFixed(1)} px${inUm}`;
}

/** @param {SpineRow | null} spine @param {ImageRow} image @param {import("./words.js").Naming} nameOf */
function showSpine(spine, image, nameOf) {
  at("chosen-some").hidden = !spine;
  if (!spine) return;
  const [x, y] = spine.box_px;
  const crop = kindAt("chosen-crop", HTMLImageElement);
  if (!crop.src.endsWith(spine.crop)) crop.src = spine.crop;
  crop.alt = `Spine ${spine.number}, window of ${spine.crop_side_px} × ${spine.crop_side_px} px around it`;
  at("chosen-number").textContent = `Spine ${spine.number}`;
  at("chosen-class").replaceChildren(chip(spine.shown_class));
  at("chosen-why").textContent = why(spine, nameOf);
  at("chosen-score").textContent = spine.score === null ? "none" : spine.score.toFixed(3);
  at("chosen-place").textContent = `${x.toFixed(1)}, ${y.toFixed(1)} px`;
  at("chosen-size").textContent = sizeOf(spine, image);
  showProbabilities(spine);
  showMeasures(spine, image, chip);
}

/** @param {DendriteRow | null} row */
function showDendrite(row) {
  at("dendrite-some").hidden = !row;
  at("chosen-title").textContent = row ? "Chosen dendrite" : "Chosen spine";
  if (!row) return;
  at("dendrite-number").textContent = `Dendrite ${row.number}`;
  at("dendrite-length").textContent = lengthOf(row);
  at("dendrite-spines").textContent = String(row.spines);
  at("dendrite-density").textContent = densityOf(row);
  at("dendrite-found").textContent = maybeAt(`dendrite-${row.id}`)?.lastElementChild?.textContent ?? "";
}

/** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene */
export function showChosen(store, scene) {
  const nameOf = namingOf(store.state.classSet);
  store.watch((state) => [chosenSpine(state)], (spine) => showSpine(spine, store.state.image, nameOf));
  store.watch(
    (state) => [chosenDendrite(state), state.dendriteTable, state.knots?.points],
    (_row, _table, _points) => showDendrite(dendriteAsSet(store.state)),
  );
  store.watch(
    ({ chosen, draft }) => [chosen, draft],
    ({ spine, dendrite }, draft) => {
      at("chosen-none").hidden = spine !== null || dendrite !== null || draft !== null;
    },
  );
  store.onChange(
    ({ chosen }) => [chosen],
    (chosen) => {
      const [spine, dendrite] = [chosenSpine(store.state), chosenDendrite(store.state)];
      history.replaceState(null, "", spine ? `#spine-${spine.id}` : location.pathname + location.search);
      if (spine) announce(inWords(spine, nameOf));
      if (dendrite) announce(dendriteInWords(dendrite));
      if (spine && chosen.follows) scene.lookAt(spine.box_px);
    },
  );
}
