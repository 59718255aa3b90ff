// A training's page: its curves follow its epochs, its title says how far it is, its log stays at the end.
import { announce } from "./base.js";
import { notify, offerNotifications } from "./notify.js";
import { showFigure } from "./plots.js";

const plainTitle = document.title;
const place = document.getElementById("curves-of-run");
const log = document.getElementById("log-tail");
const FINISHED = { done: "Finished", failed: "Failed", cancelled: "Cancelled" };
let drawn = -1;
let wasUnfinished = false;

async function drawCurves() {
  let curves;
  try {
    const answer = await fetch(place.dataset.curves, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    curves = await answer.json();
  } catch {
    drawn = -1; // the next poll of the state asks again, and tells of a session or a server that is gone
    return;
  }
  for (const plot of place.querySelectorAll("[data-curve]")) {
    const figure = curves[plot.dataset.curve];
    if (figure && curves.epochs) await showFigure(plot, figure);
  }
}

function tell(status) {
  const sentence = `${plainTitle.split(" · ")[0]}: ${FINISHED[status].toLowerCase()}`;
  announce(sentence);
  notify(FINISHED[status], sentence);
}

function show() {
  offerNotifications();
  const { status, percent, epochs, unfinished } = document.getElementById("run-state").dataset;
  const word = unfinished ? (status === "running" ? `${percent} %` : "Waiting") : FINISHED[status];
  document.title = `${word} · ${plainTitle}`;
  if (wasUnfinished && !unfinished) tell(status);
  wasUnfinished = Boolean(unfinished);
  log.scrollTop = log.scrollHeight;
  if (Number(epochs) !== drawn) {
    drawn = Number(epochs);
    drawCurves();
  }
}

document.addEventListener("htmx:afterSettle", show);
show();
