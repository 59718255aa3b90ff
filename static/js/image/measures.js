// @ts-check
// What was measured of the chosen spine, on the right. Where there is no number, the reason stands instead.

import { at, maybeAt, parts } from "../dom.js";


/** A measure of a spine by its key, or another figure of its row; null where it cannot be told. @param {SpineRow} spine @param {string} key */
export function figureOf(spine, key) {
  const figure = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (spine))[key];
  return typeof figure === "number" ? figure : null;
}

/** The cell beside a measure's name, which has its unit and decimals. @param {HTMLElement} name */
function cellOf(name) {
  const cell = name.nextElementSibling;
  if (!(cell instanceof HTMLElement)) throw new Error("A measure's name has a cell beside it.");
  return cell;
}

/** @param {SpineRow} spine @param {HTMLElement} name The measure's, with its key. */
function value(spine, name) {
  const key = name.dataset.measure ?? "";
  const { unit = "", decimals, absent, faint, partOf } = cellOf(name).dataset;
  const figure = figureOf(spine, key);
  if (figure !== null) return `${figure.toFixed(Number(decimals))} ${unit}`;
  return (partOf && figureOf(spine, partOf) !== null ? faint : absent) ?? "";
}

/** Whether it is smaller than the microscope resolves. @param {SpineRow} spine @param {HTMLElement} name */
function isUnresolved(spine, name) {
  const { resolvedUm } = cellOf(name).dataset;
  const figure = figureOf(spine, name.dataset.measure ?? "");
  return resolvedUm !== undefined && figure !== null && figure < Number(resolvedUm);
}

const names = () => parts(at("measures"), "[data-measure]");

/** A line of the measures that the tip over the picture has; none where nothing is measured. @param {SpineRow} spine */
export function inShort(spine) {
  const said = names()
    .filter(({ dataset }) => dataset.tip && figureOf(spine, dataset.measure ?? "") !== null)
    .map((name) => `${name.dataset.tip} ${value(spine, name)}`);
  return said.length ? [said.join(" · ")] : [];
}

/** @param {SpineRow} spine */
function reason(spine) {
  if (spine.rejected) return "Not measured, as it is rejected.";
  if (!spine.quality) return "Not measured: this result is from before spines were measured. Analyse the image again.";
  if (spine.quality === "trusted") return "";
  return `No measures: ${spine.quality_words}.`;
}

/** @param {SpineRow} spine @param {ImageRow} image */
function place(spine, image) {
  if (spine.dendrite === null) return "on none";
  if (image.pixel_size_um && spine.position_um !== null) return `${spine.dendrite}, ${spine.position_um.toFixed(1)} µm along it`;
  return `${spine.dendrite}, ${(spine.position_px ?? 0).toFixed(0)} px along it`;
}

/** @param {SpineRow} spine */
function agreement(spine) {
  if (!spine.rule_class || spine.shown_class === "uncertain") return "";
  return spine.rule_class === spine.shown_class ? "agrees" : "differs";
}

/** @param {SpineRow} spine @param {ImageRow} image @param {(key: string) => Node} chip Makes the mark of a class. */
export function showMeasures(spine, image, chip) {
  const why = reason(spine);
  at("measures-why").textContent = why;
  at("measures-why").hidden = !why;
  const isMeasured = names().some(({ dataset }) => figureOf(spine, dataset.measure ?? "") !== null);
  at("measures").hidden = !isMeasured;
  at("measures-limits").hidden = !isMeasured;
  for (const name of names()) cellOf(name).textContent = value(spine, name);
  at("measures-neck").hidden = !names().some((name) => isUnresolved(spine, name));
  at("measures-dendrite").textContent = place(spine, image);
  if (!maybeAt("rule-class")) return;
  at("rule-class").replaceChildren(spine.rule_class ? chip(spine.rule_class) : "none, as it is not measured");
  at("rule-agrees").textContent = agreement(spine);
}
