// @ts-check
// Parts of the drawing over the picture.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number>} attributes
 * @returns {SVGElementTagNameMap[Name]}
 */
export function svg(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  set(element, attributes);
  return element;
}

/** @param {Element} element @param {Record<string, string | number>} attributes */
export function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
}

/** Points as polylines and polygons take them. @param {readonly Point[]} points */
export const joined = (points) => points.map((point) => point.join(",")).join(" ");

/** A line without length: its round ends are a dot of a width that no zoom changes. @param {Point} point */
export const dot = ([x, y]) => `M${x} ${y}h0`;
