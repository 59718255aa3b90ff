// @ts-check
// What is said of a spine or a dendrite in words: to screen readers, in the tip, on the right.

import { CANNOT_SAY } from "./state.js";

/** @typedef {(key: string | null) => string} Naming A class's name by its key. */

/** @param {ClassSetRow} classSet @returns {Naming} */
export function namingOf({ classes }) {
  const names = new Map(classes.map(({ key, name }) => [key, name]));
  return (key) => names.get(key ?? "") ?? "unknown";
}

/** @param {number} share */
export const percent = (share) => `${Math.round(100 * share)} %`;

/** "Spine 12, round 93 %, score 0.81". @param {SpineRow} spine @param {Naming} nameOf */
export function inWords(spine, nameOf) {
  const word = (/** @type {string | null} */ key) => nameOf(key).toLowerCase();
  const name = `Spine ${spine.number}`;
  if (spine.rejected) return `${name}, rejected`;
  if (spine.source === "added") return `${name}, ${word(spine.reviewed_class || spine.shown_class)}, added by hand`;
  const score = `score ${(spine.score ?? 0).toFixed(2)}`;
  if (spine.reviewed_class) return `${name}, ${word(spine.reviewed_class)}, reviewed, ${score}`;
  const p = spine.class_probabilities?.[spine.network_class ?? ""] ?? 0;
  const likeliest = `${word(spine.network_class)} ${percent(p)}`;
  if (spine.shown_class === "uncertain") return `${name}, uncertain, most like ${likeliest}, ${score}`;
  return `${name}, ${likeliest}, ${score}`;
}

/** Lines of the tip; `measured` are those of its measures. @param {SpineRow} spine @param {Naming} nameOf @param {string[]} measured */
export function tipLines(spine, nameOf, measured) {
  const said = spine.rejected ? ", rejected" : spine.reviewed_class && spine.source !== "added" ? ", reviewed" : "";
  const first = `${spine.number} · ${nameOf(spine.reviewed_class || spine.shown_class)}${said}`;
  if (spine.source === "added") return [first, "Added by hand", ...measured];
  const others = Object.entries(spine.class_probabilities ?? {}).map(([key, p]) => `${nameOf(key)} ${percent(p)}`);
  return [first, others.join(" · "), `score ${(spine.score ?? 0).toFixed(2)}`, ...measured];
}

/** Why a spine has the class that it has; empty where the network says it all. @param {SpineRow} spine @param {Naming} nameOf */
export function why(spine, nameOf) {
  const word = nameOf(spine.network_class).toLowerCase();
  if (spine.rejected) return "Rejected as no spine: it counts nowhere.";
  if (spine.source === "added" && !spine.reviewed_class) return "Part of a spine that was split: it has no class yet.";
  if (spine.source === "added") return "Added by hand: the networks say nothing of it.";
  const kept = spine.kept ? " This analysis did not find it: it is kept from an earlier one." : "";
  if (spine.reviewed_class === CANNOT_SAY) return `Somebody looked and could not say; the network says ${word}.${kept}`;
  if (spine.reviewed_class === spine.network_class) return `Reviewed; the network says the same.${kept}`;
  if (spine.reviewed_class) return `Reviewed; the network says ${word}.${kept}`;
  if (spine.shown_class !== "uncertain") return kept.trim();
  return `Most like ${word}, but not clearly, so it is counted apart.${kept}`;
}

/** @param {DendriteRow} row */
export const lengthOf = (row) => (row.length_um === null ? `${row.length_px.toFixed(0)} px` : `${row.length_um.toFixed(1)} µm`);

/** @param {DendriteRow} row */
export function densityOf(row) {
  if (row.spines_per_um === null) return "none without a pixel size";
  return `${row.spines_per_um.toFixed(2)} per µm, ${(10 * row.spines_per_um).toFixed(1)} per 10 µm`;
}

/** @param {DendriteRow} row */
export const dendriteInWords = (row) => `Dendrite ${row.number}, ${lengthOf(row)}, ${row.spines} spines, ${densityOf(row)}`;
