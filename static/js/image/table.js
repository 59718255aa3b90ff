// @ts-check
// The table below the picture follows what is said of its spines, what is shown and what is chosen.

import { around, at, maybeAt, part, parts } from "../dom.js";
import { chooseSpine } from "./changes.js";
import { chip } from "./chosen.js";
import { CANNOT_SAY, shownOf, spinesOf } from "./state.js";

const two = fixed(2);

/** @param {number} digits @returns {(value: unknown) => string} */
function fixed(digits) {
  return (value) => (typeof value === "number" ? value.toFixed(digits) : "–");
}

/** What the head of the table says of its columns: how a value of it is written, by name. @returns {Map<string, (value: unknown) => string>} */
function columns() {
  const heads = parts(document, "#spine-table thead [data-of]");
  return new Map(heads.map(({ dataset: { of: name = "", decimals } }) => [name, decimals ? fixed(Number(decimals)) : String]));
}

/** @param {SpineRow} spine */
function saidOf(spine) {
  if (spine.rejected) return "rejected";
  if (spine.source === "added") return "added";
  if (spine.reviewed_class === CANNOT_SAY) return "cannot say";
  return spine.reviewed_class ? "reviewed" : "";
}

/** @param {SpineRow} spine */
function classCell(spine) {
  const said = document.createElement("span");
  said.className = "muted small";
  said.textContent = saidOf(spine);
  return [chip(spine.shown_class), " ", said];
}

/** @param {string} text @param {string} className */
function cellOf(text, className) {
  const cell = document.createElement("td");
  cell.className = className;
  cell.textContent = text;
  return cell;
}

/** @param {SpineRow} spine @param {readonly string[]} network The network's classes in its order. */
function newRow(spine, network) {
  const row = document.createElement("tr");
  row.id = `spine-${spine.id}`;
  const head = document.createElement("th");
  head.scope = "row";
  const link = document.createElement("a");
  link.href = `#spine-${spine.id}`;
  link.dataset.spine = String(spine.id);
  link.textContent = String(spine.number);
  head.append(link);
  const figures = [...network.map((key) => spine.class_probabilities?.[key]), spine.score].map(two);
  const named = [...columns().keys()].map((name) => {
    const cell = cellOf("", name === "quality_words" ? "wide-only small" : "num wide-only");
    cell.dataset.of = name;
    return cell;
  });
  const box = spine.box_px.map((px) => cellOf(px.toFixed(0), "num wide-only"));
  row.append(head, document.createElement("td"), ...figures.map((text) => cellOf(text, "num")), ...named, ...box);
  part(document, "#spine-table tbody").append(row);
  return row;
}

/** Write a spine's row anew. @param {HTMLElement} row @param {SpineRow} spine */
function write(row, spine) {
  part(row, "td").replaceChildren(...classCell(spine));
  const written = columns();
  const values = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (spine));
  for (const cell of parts(row, "[data-of]")) {
    const name = cell.dataset.of ?? "";
    cell.textContent = written.get(name)?.(values[name]) ?? "";
  }
}

/** @param {import("./state.js").ImageStore} store */
export function followInTable(store) {
  /** @type {Map<number, {spine: SpineRow, row: HTMLElement}>} */
  const rows = new Map();
  let current = /** @type {HTMLElement | null} */ (null);

  /** The rows of spines that came with the page are the server's. @param {SpineRow} spine */
  const put = (spine) => {
    const known = rows.get(spine.id);
    if (known?.spine === spine) return known.row;
    const there = known?.row ?? maybeAt(`spine-${spine.id}`);
    const row = there ?? newRow(spine, store.state.classSet.network);
    if (known || !there) write(row, spine);
    rows.set(spine.id, { spine, row });
    return row;
  };

  store.watch(
    (state) => [spinesOf(state), shownOf(state)],
    (spines, shown) => {
      const ids = new Set(shown.map(({ id }) => id));
      const gone = new Set(rows.keys());
      for (const spine of spines) {
        gone.delete(spine.id);
        put(spine).hidden = !ids.has(spine.id);
      }
      for (const id of gone) {
        rows.get(id)?.row.remove();
        rows.delete(id);
      }
    },
  );
  store.watch(
    ({ chosen }) => [chosen.spine],
    (id) => {
      current?.removeAttribute("aria-current");
      current = (id !== null && rows.get(id)?.row) || null;
      current?.setAttribute("aria-current", "true");
    },
  );
  maybeAt("spine-table")?.addEventListener("click", (event) => {
    const link = around(event, "[data-spine]");
    if (!link) return;
    event.preventDefault();
    store.update((state) => chooseSpine(state, Number(link.dataset.spine)));
    at("viewer").scrollIntoView({ block: "nearest" });
  });
}
