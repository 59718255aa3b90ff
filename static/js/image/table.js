// The table below the picture follows what is said of a spine.

import { chip } from "./chosen.js";

const two = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

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
  const figures = [p.mushroom, p.thin, p.stubby, p.filopodia, spine.score].map(two);
  const cells = [...figures, ...spine.box_px.map((px) => px.toFixed(0))].map((text) => {
    const cell = document.createElement("td");
    cell.className = "num";
    cell.textContent = text;
    return cell;
  });
  row.append(head, document.createElement("td"), ...cells);
  document.querySelector("#spine-table tbody").append(row);
  return row;
}

export const rowOf = (spine) => document.getElementById(`spine-${spine.id}`);

/** Write a spine's row anew. */
export function putRow(spine) {
  const row = rowOf(spine) ?? newRow(spine);
  row.cells[1].replaceChildren(...classCell(spine));
}
