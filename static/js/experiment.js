// @ts-check
// The Images page: dropping and uploading, ticking images, refreshing what an upload or analysis changed.
import { announce, showNote } from "./base.js";
import { around, at, inputAt, inputs, maybeAt, one, part, parts, said } from "./dom.js";
import { filesOfDrop, filesOfInput } from "./files.js";
import { withSetsJoined } from "./sets.js";
import { summary, UploadQueue } from "./upload.js";
import { UploadList } from "./upload_list.js";

const BODY_AGAIN_AFTER_MS = 8000;

for (const element of parts(document, "[data-needs-script]")) element.hidden = false;
for (const element of parts(document, "[data-without-script]")) element.hidden = true;

// ---- the part of the page that uploads and analyses change

const body = at("body");
let bodyReadAt = performance.now();

function isBeingEdited() {
  const active = document.activeElement;
  return active !== null && body.contains(active) && active.matches("input:not([type=checkbox]), select, textarea");
}

async function refreshBody({ force = false } = {}) {
  if (!force && (isBeingEdited() || performance.now() - bodyReadAt < BODY_AGAIN_AFTER_MS)) return;
  bodyReadAt = performance.now();
  const ticked = new Set(ticks().filter((tick) => tick.checked).map((tick) => tick.value));
  await htmx.ajax("GET", said(body, "bodyUrl"), { target: "#body", swap: "innerHTML" });
  for (const tick of ticks()) tick.checked = ticked.has(tick.value);
  showTicks();
}

document.addEventListener("spinula:finished", () => refreshBody({ force: !isBeingEdited() }));

// ---- ticks

function ticks() {
  return inputs(body, "#tiles input[name=image]");
}

/** @param {number} seconds */
function inSeconds(seconds) {
  return seconds < 90 ? `about ${Math.max(5, 5 * Math.round(seconds / 5))} s` : `about ${Math.ceil(seconds / 60)} min`;
}

function showTicks() {
  const [toolbar] = parts(body, ".toolbar");
  if (!toolbar) return;
  const all = ticks();
  const n = all.filter((tick) => tick.checked).length;
  const tickAll = one(toolbar, "[data-tick-all]", HTMLInputElement);
  tickAll.checked = n > 0 && n === all.length;
  tickAll.indeterminate = n > 0 && n < all.length;
  part(toolbar, "label:has([data-tick-all])").hidden = false;
  part(toolbar, "[data-ticked-words]").textContent = n ? `${n} ticked` : "Tick all on this page";
  for (const button of toolbar.querySelectorAll("button[data-needs-ticks]")) {
    if (button instanceof HTMLButtonElement) button.disabled = n === 0;
  }
  const each = Number(toolbar.dataset.secondsForOne);
  const atOnce = Math.min(n, Number(toolbar.dataset.atOnce));
  part(toolbar, "[data-ticked-time]").textContent = n && each ? `· ${inSeconds((n * each) / atOnce)}` : "";
}

body.addEventListener("change", (event) => {
  const { target } = event;
  if (!(target instanceof HTMLInputElement)) return;
  if (target.matches("[data-tick-all]")) for (const tick of ticks()) tick.checked = target.checked;
  if (target.matches("[data-tick-all], #tiles input")) showTicks();
});

/** @type {HTMLInputElement | null} */
let lastTicked = null;
body.addEventListener("click", (event) => {
  const { target } = event;
  if (!(target instanceof HTMLInputElement && target.matches("#tiles input[name=image]"))) return;
  const all = ticks();
  if (event.shiftKey && lastTicked && all.includes(lastTicked)) {
    const ends = [all.indexOf(lastTicked), all.indexOf(target)];
    for (const tick of all.slice(Math.min(...ends), Math.max(...ends) + 1)) tick.checked = target.checked;
    showTicks();
  }
  lastTicked = target;
});

// Enter in a panel of the toolbar means the panel's own button, not the first of the form.
body.addEventListener("keydown", (event) => {
  const panel = event.key === "Enter" && around(event, ".toolbar-panel input")?.closest(".toolbar-panel");
  if (!panel) return;
  event.preventDefault();
  part(panel, "button[formaction]").click();
});

showTicks();

// Reading stacks again takes its time, and all of them are set or none: one request, told while it runs.
body.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!(button instanceof HTMLButtonElement && button.matches("[data-takes-time]"))) return undefined;
  event.preventDefault();
  const chosen = ticks().filter((tick) => tick.checked);
  if (!chosen.length) return showNote("No image is ticked. Tick at least one, then try again.");
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const images = chosen.length === 1 ? "1 image is" : `${chosen.length} images are`;
  button.disabled = true;
  showNote(`${images} read anew; this can take some seconds an image.`, "info");
  let sentence = "";
  try {
    const answer = await fetch(button.formAction, { method: "POST", body: form, headers: { Accept: "application/json" } });
    if (answer.redirected) return location.reload(); // the session has ended
    if (answer.status === 202) {
      showNote(`${images} read anew by a worker: its progress is below.`, "info");
      return refreshBody({ force: true });
    }
    if (!answer.ok) sentence = (await answer.json()).error;
  } catch {
    sentence = "The connection broke. Reload the page to see whether the images were set.";
  }
  button.disabled = false;
  showNote(sentence || `${images} set. Analyse them again to see it in the results.`, sentence ? "error" : "success");
  return refreshBody({ force: true });
});

// ---- upload

const place = maybeAt("upload");
if (place) startUploads(place);

/** @param {HTMLElement} section */
function startUploads(section) {
  const queue = new UploadQueue({
    url: said(section, "uploadUrl"),
    knownUrl: said(section, "knownUrl"),
    csrfCookie: said(section, "csrfCookie"),
    maxBytes: Number(section.dataset.maxMb) * 2 ** 20,
  });
  new UploadList(section, queue, () => {
    if (queue.isActive && queue.count("done")) refreshBody();
  });
  const drop = part(section, ".drop");
  listenToFiles(drop, (files) => {
    if (!files.length) {
      announce("No files there.");
      return;
    }
    announce(`${files.length} files are uploaded.`);
    drop.classList.remove("drop-large");
    withSetsJoined(files).then((joined) => queue.add(joined), () => queue.add(files)); // unreadable: sending says which
  });
  queue.addEventListener("idle", () => {
    if (!queue.uploads.length) return;
    announce(`${summary(queue).words}. ${summary(queue).rest}.`);
    refreshBody({ force: true });
  });
  addEventListener("beforeunload", (event) => {
    if (queue.isActive) event.preventDefault();
  });
}

/**
 * Files dropped on the page or chosen.
 * @param {HTMLElement} drop Marked while files are over the page.
 * @param {(files: import("./files.js").Found[]) => void} take
 */
function listenToFiles(drop, take) {
  const isFiles = (/** @type {DragEvent} */ event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    drop.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("is-over");
  });
  document.addEventListener("drop", async (event) => {
    if (!isFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    drop.classList.remove("is-over");
    take(await filesOfDrop(event.dataTransfer));
  });
  const [files, folder] = [inputAt("files"), inputAt("folder")];
  files.multiple = true;
  files.classList.add("visually-hidden"); // its label is the button now
  for (const input of [files, folder]) {
    input.addEventListener("change", () => {
      take(filesOfInput(input));
      input.value = "";
    });
  }
}
