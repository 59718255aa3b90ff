// @ts-check
// The marks over the picture: boxes with the letter of their class, the chosen one framed, the outline, the cross of the keys.

import { dot, joined, set, svg } from "../image/svg.js";

/** @typedef {import("./layer.js").Layer} Layer */
/** @typedef {import("../image/store.js").Store<Layer>} LayerStore */

const CROSS_PX = 9;
const FRAME_PX = 5;

/** @param {import("./layer.js").Mark} mark @param {string} letter */
function group({ box_px: [x, y, width, height], class: key }, letter) {
  const made = svg("g", { class: `roi roi-${key || "spine"}` });
  const text = svg("text", { x, y, dy: "-0.3em" });
  text.textContent = letter;
  for (const name of ["roi-halo", "roi-line", "roi-core"]) made.append(svg("rect", { x, y, width, height, class: name }));
  made.append(text);
  return made;
}

/** @param {string} name */
function frame(name) {
  const made = svg("g", { class: name, hidden: "" });
  made.append(svg("rect", { class: `${name}-halo` }), svg("rect", { class: `${name}-line` }));
  return made;
}

/** @param {SVGGElement} made @param {Box | null} box @param {number} gap */
function put(made, box, gap) {
  made.toggleAttribute("hidden", !box);
  if (!box) return;
  const [x, y, width, height] = box;
  for (const rect of made.children) set(rect, { x: x - gap, y: y - gap, width: width + 2 * gap, height: height + 2 * gap });
}

/** @param {LayerStore} store @param {import("../image/scene.js").Scene} scene @param {Map<string, string>} letters */
export function drawMarks(store, scene, letters) {
  const [mark, draft] = [frame("mark"), frame("draft")];
  const shape = [svg("polygon", { class: "pen-halo" }), svg("polygon", { class: "pen-line" })];
  const dots = [svg("path", { class: "pen-dot-halo" }), svg("path", { class: "pen-dot" })];
  const cross = [svg("path", { class: "pen-halo" }), svg("path", { class: "pen-line" })];
  scene.over.append(mark, draft, ...shape, ...dots, ...cross);
  store.watch(({ marks }) => [marks], (marks) => {
    scene.boxes.replaceChildren(...marks.map((each) => group(each, letters.get(each.class) ?? "")));
  });
  store.watch(({ outline }) => [outline], (outline) => {
    for (const polygon of shape) set(polygon, { points: joined(outline) });
    for (const path of dots) set(path, { d: outline.map(dot).join("") });
  });
  const place = () => {
    const { marks, chosen, draft: drawn, cursor } = store.state;
    put(mark, (chosen !== null && marks[chosen]?.box_px) || null, FRAME_PX / scene.scale);
    put(draft, drawn, 0);
    const arm = CROSS_PX / scene.scale;
    const d = cursor ? `M${cursor[0] - arm} ${cursor[1]}h${2 * arm}M${cursor[0]} ${cursor[1] - arm}v${2 * arm}` : "";
    for (const path of cross) set(path, { d });
  };
  scene.follow(place);
  store.watch(({ marks, chosen, draft: drawn, cursor }) => [marks, chosen, drawn, cursor], (..._parts) => place());
}
