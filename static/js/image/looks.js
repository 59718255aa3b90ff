// @ts-check
// How spines look on the canvas over the picture. Their style sheets say it (classes.css, boxes.css, dendrites.css,
// review.css): it is read from elements that are never seen, so that no colour, width or dash stands in a second place.

import { svg } from "./svg.js";

export const REJECTED = "rejected";

/**
 * A line that keeps its width on the screen.
 * @typedef {{colour: string, width_px: number, dash_px: number[]}} Stroke
 */

/**
 * What is drawn of the spines of a class: the box, its letter, the outline; of the chosen one a stronger outline.
 * @typedef {object} Look
 * @property {number} opacity
 * @property {readonly Stroke[]} box From the halo to the core.
 * @property {Stroke} line The box's own line.
 * @property {{ink: string, edge: Stroke, font: string}} letter
 * @property {readonly Stroke[]} outline
 * @property {readonly Stroke[]} chosenOutline
 * @property {readonly Stroke[]} midline
 */

/** @param {Element} element @returns {Stroke} */
function strokeOf(element) {
  const { stroke, strokeWidth, strokeDasharray } = getComputedStyle(element);
  const dash_px = strokeDasharray === "none" ? [] : strokeDasharray.split(/[\s,]+/).map(parseFloat);
  return { colour: stroke, width_px: parseFloat(strokeWidth), dash_px };
}

/** Strokes of elements of these classes within a group. @param {SVGGElement} group @param {"rect" | "path" | "polygon" | "polyline"} name @param {readonly string[]} classes */
function strokesIn(group, name, classes) {
  const made = classes.map((each) => svg(name, { class: each }));
  group.append(...made);
  return made.map(strokeOf).filter(({ colour }) => colour !== "none");
}

/** @param {Element} root @param {string} className */
function groupIn(root, className) {
  const group = svg("g", { class: className });
  root.append(group);
  return group;
}

/** @param {Element} root @param {string} key @returns {Look} */
function lookOf(root, key) {
  const roi = groupIn(root, `roi roi-${key}`);
  const box = strokesIn(roi, "rect", ["roi-halo", "roi-line", "roi-core"]);
  const [line] = strokesIn(roi, "rect", ["roi-line"]);
  if (!line) throw new Error(`The class ${key} has no line.`);
  const text = svg("text");
  roi.append(text);
  const { fill, fontWeight, fontFamily } = getComputedStyle(text);
  const outlineIn = (/** @type {SVGGElement} */ group) => strokesIn(group, "polygon", ["shape-halo", "shape-line"]);
  const shape = groupIn(root, `shape shape-${key}`);
  return {
    opacity: Number(getComputedStyle(roi).opacity),
    box,
    line,
    letter: { ink: fill, edge: strokeOf(text), font: `${fontWeight} 12px ${fontFamily}` },
    outline: outlineIn(shape),
    chosenOutline: outlineIn(groupIn(root, `shape is-chosen shape-${key}`)),
    midline: strokesIn(shape, "polyline", ["midline-halo", "midline"]),
  };
}

/**
 * Looks by class, and those of the dot on what was reviewed; `root` is where the drawing is.
 * @param {Element} root
 * @param {readonly string[]} keys
 */
export function readLooks(root, keys) {
  const hidden = svg("svg", { visibility: "hidden", width: 0, height: 0 });
  root.append(hidden);
  const looks = new Map([...keys, REJECTED].map((key) => [key, lookOf(hidden, key)]));
  const seen = ["roi-seen-halo", "roi-seen"];
  const near = strokesIn(groupIn(hidden, ""), "path", seen);
  const far = strokesIn(groupIn(hidden, "is-far"), "path", seen);
  hidden.remove();
  return { looks, seen: { near, far } };
}
