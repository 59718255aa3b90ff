// @ts-check
// A training's page: its curves follow its epochs, its title says how far it is, its log stays at the end.
import { announce } from "./base.js";
import { at, parts, said } from "./dom.js";
import { notify, offerNotifications } from "./notify.js";
import { showFigure } from "./plots.js";

const plainTitle = document.title;
const place = at("curves-of-run");
const log = at("log-tail");
/** @type {Record<string, string>} */
const FINISHED = { done: "Finished", failed: "Failed", cancelled: "Cancelled" };
let drawn = -1;
let wasUnfinished = false;

async function drawCurves() {
  let curves;
  try {
    const answer = await fetch(said(place, "curves"), { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    curves = await answer.json();
  } catch {
    drawn = -1; // the next poll of the state asks again, and tells of a session or a server that is gone
    return;
  }
  for (const plot of parts(place, "[data-curve]")) {
    const figure = curves[said(plot, "curve")];
    if (figure && curves.epochs) await showFigure(plot, figure);
  }
}

/** @param {string} word How it ended. */
function tell(word) {
  const sentence = `${plainTitle.split(" · ")[0]}: ${word.toLowerCase()}`;
  announce(sentence);
  notify(word, sentence);
}

function show() {
  offerNotifications();
  const { status = "", percent, epochs, unfinished } = at("run-state").dataset;
  const word = unfinished ? (status === "running" ? `${percent} %` : "Waiting") : (FINISHED[status] ?? status);
  document.title = `${word} · ${plainTitle}`;
  if (wasUnfinished && !unfinished) tell(word);
  wasUnfinished = Boolean(unfinished);
  log.scrollTop = log.scrollHeight;
  if (Number(epochs) !== drawn) {
    drawn = Number(epochs);
    drawCurves();
  }
}

document.addEventListener("htmx:afterSettle", show);
show();
