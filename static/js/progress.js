// @ts-check
// Progress in the page's title, to screen readers, and as a notification where that is allowed.
import { announce } from "./base.js";
import { parts } from "./dom.js";
import { notify, offerNotifications } from "./notify.js";

const plainTitle = document.title;
/** @type {Set<string>} Ids of jobs that were seen at work. */
const unfinished = new Set();

function jobs() {
  return parts(document, "[data-progress-percent]");
}

/** @param {HTMLElement} job */
function inWords(job) {
  return job.dataset.progressWords ?? "";
}

/** @param {HTMLElement} job */
function tell(job) {
  document.title = `Finished · ${plainTitle}`;
  announce(inWords(job));
  notify(`${job.dataset.progressTitle ?? "Analysis"} finished`, inWords(job));
  document.dispatchEvent(new CustomEvent("spinula:finished"));
  const file = job.querySelector("[data-starts-itself]");
  if (file instanceof HTMLAnchorElement) location.assign(file.href); // a download: the page stays
}

function show() {
  offerNotifications();
  const [running] = jobs().filter((job) => Number(job.dataset.progressUnfinished));
  if (running) document.title = `${running.dataset.progressPercent} % · ${plainTitle}`;
  for (const job of jobs()) {
    if (Number(job.dataset.progressUnfinished)) unfinished.add(job.id);
    else if (unfinished.delete(job.id) && !running) tell(job);
  }
}

document.addEventListener("htmx:afterSettle", show);
show();
