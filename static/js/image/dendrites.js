// @ts-check
// The dendrites over the picture, lines with numbers, and their table below it.

import { around, at, maybeAt, parts } from "../dom.js";
import { chooseDendrite } from "./changes.js";
import { first, last, middle, nearestLine } from "./lines.js";
import { dot, joined, svg } from "./svg.js";

const NEAR_PX = 7;

/** @param {DendriteRow} row @param {boolean} isChosen */
function line(row, isChosen) {
  const points = joined(row.points_px);
  const group = svg("g", { class: "dendrite" });
  group.classList.toggle("is-chosen", isChosen);
  group.append(svg("polyline", { points, class: "dendrite-halo" }), svg("polyline", { points, class: "dendrite-line" }));
  for (const d of [dot(first(row.points_px)), dot(last(row.points_px))]) {
    group.append(svg("path", { d, class: "dendrite-end-halo" }), svg("path", { d, class: "dendrite-end" }));
  }
  return group;
}

/** @param {DendriteRow} row */
function number(row) {
  const [x, y] = middle(row.points_px);
  const text = svg("text", { x, y, class: "dendrite-number" });
  text.textContent = String(row.number);
  return text;
}

/** The dendrite drawn near a place of the image, or null. @param {import("./state.js").State} state @param {Point} place @param {number} scale */
export function dendriteNear({ layers, dendrites }, place, scale) {
  if (!layers.dendrites) return null;
  const nearest = nearestLine(dendrites, place);
  return nearest && nearest.distance * scale <= NEAR_PX ? nearest.row : null;
}

/** The table as the server wrote it anew: what was open and focused in it stays so. @param {string | null} html */
function showTable(html) {
  const table = maybeAt("dendrites");
  if (html === null || !table) return;
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.dendrite : undefined;
  const changes = () => /** @type {HTMLDetailsElement | null} */ (maybeAt("dendrite-history"));
  const wasOpen = changes()?.open ?? false;
  table.innerHTML = html;
  const now = changes();
  if (now && wasOpen) now.open = true;
  if (focused) parts(table, `[data-dendrite="${focused}"]`)[0]?.focus();
}

/** @param {import("./state.js").ImageStore} store @param {import("./scene.js").Scene} scene */
export function drawDendrites(store, scene) {
  const lines = svg("g", { class: "dendrites" });
  const numbers = svg("g");
  scene.under.append(lines);
  scene.over.prepend(numbers);
  store.watch(
    ({ dendrites, chosen }) => [dendrites, chosen.dendrite],
    (dendrites, chosen) => {
      lines.replaceChildren(...dendrites.map((row) => line(row, row.id === chosen)));
      numbers.replaceChildren(...dendrites.map(number));
    },
  );
  store.watch(({ layers }) => [layers.dendrites], (isShown) => {
    for (const layer of [lines, numbers]) layer.toggleAttribute("hidden", !isShown);
  });
}

/** @param {import("./state.js").ImageStore} store */
export function followInDendriteTable(store) {
  store.watch(({ dendriteTable }) => [dendriteTable], showTable);
  let current = /** @type {HTMLElement | null} */ (null);
  store.watch(
    ({ chosen, dendriteTable }) => [chosen.dendrite, dendriteTable],
    (id, _table) => {
      current?.removeAttribute("aria-current");
      current = maybeAt(`dendrite-${id}`);
      current?.setAttribute("aria-current", "true");
    },
  );
  maybeAt("dendrites")?.addEventListener("click", (event) => {
    const link = around(event, "[data-dendrite]");
    if (!link) return;
    event.preventDefault();
    store.update((state) => chooseDendrite(state, Number(link.dataset.dendrite)));
    at("viewer").scrollIntoView({ block: "nearest" });
  });
}
