// The Images page: dropping and uploading, ticking images, refreshing what an upload or analysis changed.
import { announce, showNote } from "./base.js";
import { filesOfDrop, filesOfInput } from "./files.js";
import { summary, UploadQueue } from "./upload.js";

const SHOWN_STATES = {
  checking: "Looking whether it is there",
  waiting: "Waiting",
  sending: "Uploading",
  pausing: "Waiting to send it again",
  done: "Uploaded",
  skipped: "Skipped",
  failed: "",
  lost: "",
};
const BODY_AGAIN_AFTER_MS = 8000;

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
for (const element of document.querySelectorAll("[data-without-script]")) element.hidden = true;

// ---- the part of the page that uploads and analyses change

const body = document.getElementById("body");
let bodyReadAt = performance.now();

function isBeingEdited() {
  const active = document.activeElement;
  return body.contains(active) && active.matches("input:not([type=checkbox]), select, textarea");
}

async function refreshBody({ force = false } = {}) {
  if (!force && (isBeingEdited() || performance.now() - bodyReadAt < BODY_AGAIN_AFTER_MS)) return;
  bodyReadAt = performance.now();
  const ticked = new Set(ticks().filter((tick) => tick.checked).map((tick) => tick.value));
  await htmx.ajax("GET", body.dataset.bodyUrl, { target: "#body", swap: "innerHTML" });
  for (const tick of ticks()) tick.checked = ticked.has(tick.value);
  showTicks();
}

document.addEventListener("spinula:finished", () => refreshBody({ force: !isBeingEdited() }));

// ---- ticks

function ticks() {
  return [...body.querySelectorAll("#tiles input[name=image]")];
}

function inSeconds(seconds) {
  return seconds < 90 ? `about ${Math.max(5, 5 * Math.round(seconds / 5))} s` : `about ${Math.ceil(seconds / 60)} min`;
}

function showTicks() {
  const toolbar = body.querySelector(".toolbar");
  if (!toolbar) return;
  const all = ticks();
  const n = all.filter((tick) => tick.checked).length;
  const tickAll = toolbar.querySelector("[data-tick-all]");
  tickAll.checked = n > 0 && n === all.length;
  tickAll.indeterminate = n > 0 && n < all.length;
  tickAll.closest("label").hidden = false;
  toolbar.querySelector("[data-ticked-words]").textContent = n ? `${n} ticked` : "Tick all on this page";
  for (const button of toolbar.querySelectorAll("[data-needs-ticks]")) button.disabled = n === 0;
  const each = Number(toolbar.dataset.secondsForOne);
  const atOnce = Math.min(n, Number(toolbar.dataset.atOnce));
  toolbar.querySelector("[data-ticked-time]").textContent = n && each ? `· ${inSeconds((n * each) / atOnce)}` : "";
}

body.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) for (const tick of ticks()) tick.checked = event.target.checked;
  if (event.target.matches("[data-tick-all], #tiles input")) showTicks();
});

let lastTicked = null;
body.addEventListener("click", (event) => {
  if (!event.target.matches("#tiles input[name=image]")) return;
  const all = ticks();
  if (event.shiftKey && lastTicked && all.includes(lastTicked)) {
    const [from, to] = [all.indexOf(lastTicked), all.indexOf(event.target)].sort((a, b) => a - b);
    for (const tick of all.slice(from, to + 1)) tick.checked = event.target.checked;
    showTicks();
  }
  lastTicked = event.target;
});

// Enter in a panel of the toolbar means the panel's own button, not the first of the form.
body.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches(".toolbar-panel input")) return;
  event.preventDefault();
  event.target.closest(".toolbar-panel").querySelector("button[formaction]").click();
});

showTicks();

// Reading stacks again takes its time, and all of them are set or none: one request, told while it runs.
body.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-takes-time]")) return;
  event.preventDefault();
  const chosen = ticks().filter((tick) => tick.checked);
  if (!chosen.length) return showNote("No image is ticked. Tick at least one, then try again.");
  const form = new FormData(event.target);
  const images = chosen.length === 1 ? "1 image is" : `${chosen.length} images are`;
  button.disabled = true;
  showNote(`${images} read anew; this can take some seconds an image.`, "info");
  let sentence = "";
  try {
    const answer = await fetch(button.formAction, { method: "POST", body: form, headers: { Accept: "application/json" } });
    if (answer.redirected) return location.reload(); // the session has ended
    if (!answer.ok) sentence = (await answer.json()).error;
  } catch {
    sentence = "The connection broke. Reload the page to see whether the images were set.";
  }
  button.disabled = false;
  showNote(sentence || `${images} set. Analyse them again to see it in the results.`, sentence ? "error" : "success");
  return refreshBody({ force: true });
});

// ---- upload

const place = document.getElementById("upload");
if (place) startUploads(place);

function startUploads(section) {
  const { uploadUrl: url, knownUrl, csrfCookie, maxMb } = section.dataset;
  const queue = new UploadQueue({ url, knownUrl, csrfCookie, maxBytes: Number(maxMb) * 2 ** 20 });
  const part = (name) => section.querySelector(name);
  const rows = new Map();
  const drop = part(".drop");
  let isDrawing = false;

  const isFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    drop.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("is-over");
  });
  document.addEventListener("drop", async (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    drop.classList.remove("is-over");
    take(await filesOfDrop(event.dataTransfer));
  });
  part("#files").multiple = true;
  part("#files").classList.add("visually-hidden"); // its label is the button now
  for (const input of [part("#files"), part("#folder")]) {
    input.addEventListener("change", () => {
      take(filesOfInput(input));
      input.value = "";
    });
  }

  function take(files) {
    if (!files.length) return announce("No files there.");
    announce(`${files.length} files are uploaded.`);
    drop.classList.remove("drop-large");
    return queue.add(files);
  }

  queue.addEventListener("added", ({ upload }) => {
    const row = document.getElementById("queue-row").content.firstElementChild.cloneNode(true);
    row.querySelector(".queue-name").textContent = upload.path;
    row.querySelector("progress").setAttribute("aria-label", upload.path);
    row.querySelector("[data-retry]").addEventListener("click", () => queue.retry([upload]));
    rows.set(upload, row);
    part(".queue-list").append(row);
    show(upload);
  });
  queue.addEventListener("change", ({ upload }) => show(upload));
  queue.addEventListener("idle", () => {
    if (!queue.uploads.length) return;
    announce(`${summary(queue).words}. ${summary(queue).rest}.`);
    refreshBody({ force: true });
  });

  function show(upload) {
    const row = rows.get(upload);
    const isBad = upload.state === "failed" || upload.state === "lost";
    const bar = row.querySelector("progress");
    bar.value = upload.state === "sending" ? upload.sentBytes / upload.file.size : Number(!["checking", "waiting", "pausing"].includes(upload.state));
    bar.classList.toggle("is-failed", isBad);
    const words = row.querySelector(".queue-state");
    words.textContent = upload.sentence || (upload.sentBytes === upload.file.size && upload.state === "sending" ? "Being read" : SHOWN_STATES[upload.state]);
    words.className = `queue-state small ${isBad ? "bad" : upload.state === "done" ? "good" : "muted"}`;
    row.querySelector("[data-retry]").hidden = upload.state !== "lost";
    if (!isDrawing) requestAnimationFrame(showAll);
    isDrawing = true;
  }

  function showAll() {
    isDrawing = false;
    const { words, rest, share } = summary(queue);
    part(".queue").hidden = !queue.uploads.length;
    part("[data-total-words]").textContent = words;
    part("[data-total-rest]").textContent = rest;
    part("[data-total-bar]").value = share;
    part("[data-retry-all]").hidden = queue.isActive || !queue.count("lost");
    part("[data-stop]").hidden = !queue.isActive;
    part("[data-clear]").hidden = queue.isActive;
    if (queue.isActive && queue.count("done")) refreshBody();
  }

  part("[data-stop]").addEventListener("click", () => queue.stop());
  part("[data-retry-all]").addEventListener("click", () => queue.retry(queue.uploads.filter(({ state }) => state === "lost")));
  part("[data-clear]").addEventListener("click", () => {
    queue.uploads = [];
    rows.clear();
    part(".queue-list").replaceChildren();
    showAll();
  });

  addEventListener("beforeunload", (event) => {
    if (queue.isActive) event.preventDefault();
  });
}
