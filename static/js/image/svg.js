// Parts of the drawing over the picture.

const SVG = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Points [[x, y], …] as polylines and polygons take them. */
export const joined = (points) => points.map((point) => point.join(",")).join(" ");

/** A line without length: its round ends are a dot of a width that no zoom changes. */
export const dot = ([x, y]) => `M${x} ${y}h0`;
