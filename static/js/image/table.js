// The table below the picture follows what is said of a spine.

import { chip } from "./chosen.js";
import { NETWORK } from "./classes.js";

const fixed = (digits) => (value) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const two = fixed(2);

/** What the head of the table says of its columns: {name: how a value of it is written}. */
function columns() {
  const heads = document.querySelectorAll("#spine-table thead [data-of]");
  return Object.fromEntries([...heads].map(({ dataset }) => [dataset.of, dataset.decimals ? fixed(dataset.decimals) : String]));
}

function saidOf(spine) {
  if (spine.rejected) return "rejected";
  if (spine.source === "added") return "added";
  return spine.reviewed_class ? "reviewed" : "";
}

function classCell(spine) {
  const said = document.createElement("span");
  said.className = "muted small";
  said.textContent = saidOf(spine);
  return [chip(spine.shown_class), " ", said];
}

function cellOf(text, className) {
  const cell = document.createElement("td");
  cell.className = className;
  cell.textContent = text;
  return cell;
}

function newRow(spine) {
  const row = document.createElement("tr");
  row.id = `spine-${spine.id}`;
  const head = document.createElement("th");
  head.scope = "row";
  const link = document.createElement("a");
  link.href = `#spine-${spine.id}`;
  link.dataset.spine = spine.id;
  link.textContent = spine.number;
  head.append(link);
  const p = spine.class_probabilities ?? {};
  const figures = [...NETWORK.map((name) => p[name]), spine.score].map(two);
  const cells = [
    ...figures.map((text) => cellOf(text, "num")),
    ...Object.keys(columns()).map((name) => {
      const cell = cellOf("", name === "quality_words" ? "wide-only small" : "num wide-only");
      cell.dataset.of = name;
      return cell;
    }),
    ...spine.box_px.map((px) => cellOf(px.toFixed(0), "num wide-only")),
  ];
  row.append(head, document.createElement("td"), ...cells);
  document.querySelector("#spine-table tbody").append(row);
  return row;
}

export const rowOf = (spine) => document.getElementById(`spine-${spine.id}`);

/** Write a spine's row anew. */
export function putRow(spine) {
  const row = rowOf(spine) ?? newRow(spine);
  row.cells[1].replaceChildren(...classCell(spine));
  const written = columns();
  for (const cell of row.querySelectorAll("[data-of]")) cell.textContent = written[cell.dataset.of](spine[cell.dataset.of]);
}
