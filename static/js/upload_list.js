// @ts-check
// The upload queue on the page: a row a file, the whole in one line, buttons that stop, retry and clear.
import { kindAt, one, part } from "./dom.js";
import { summary } from "./upload.js";

/** @typedef {import("./upload.js").Upload} Upload */

/** @type {Record<import("./upload.js").UploadState, string>} */
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

/** @param {Upload} upload */
function wordsOf({ state, sentence, sentBytes, file }) {
  if (sentence) return sentence;
  return state === "sending" && sentBytes === file.size ? "Being read" : SHOWN_STATES[state];
}

/** How much of a file is done with, 0 to 1. @param {Upload} upload */
function shareOf({ state, sentBytes, file }) {
  if (state === "sending") return sentBytes / file.size;
  return Number(!["checking", "waiting", "pausing"].includes(state));
}

/** @param {import("./upload.js").UploadState} state */
function toneOf(state) {
  if (state === "failed" || state === "lost") return "bad";
  return state === "done" ? "good" : "muted";
}

export class UploadList {
  /** @type {Map<Upload, HTMLElement>} */
  #rows = new Map();
  #isDrawing = false;

  /**
   * @param {HTMLElement} section
   * @param {import("./upload.js").UploadQueue} queue
   * @param {() => void} drawn Called after the whole was drawn anew.
   */
  constructor(section, queue, drawn) {
    this.section = section;
    this.queue = queue;
    this.drawn = drawn;
    queue.onAdded((upload) => this.#add(upload));
    queue.onChange((upload) => this.#show(upload));
    part(section, "[data-stop]").addEventListener("click", () => queue.stop());
    part(section, "[data-retry-all]").addEventListener("click", () => queue.retry(queue.uploads.filter(({ state }) => state === "lost")));
    part(section, "[data-clear]").addEventListener("click", () => this.#clear());
  }

  /** @param {Upload} upload */
  #add(upload) {
    const made = document.importNode(kindAt("queue-row", HTMLTemplateElement).content, true);
    const row = part(made, ".queue-row");
    part(row, ".queue-name").textContent = upload.path;
    part(row, "progress").setAttribute("aria-label", upload.path);
    part(row, "[data-retry]").addEventListener("click", () => this.queue.retry([upload]));
    this.#rows.set(upload, row);
    part(this.section, ".queue-list").append(row);
    this.#show(upload);
  }

  /** @param {Upload} upload */
  #show(upload) {
    const row = this.#rows.get(upload);
    if (!row) return;
    const tone = toneOf(upload.state);
    const bar = one(row, "progress", HTMLProgressElement);
    bar.value = shareOf(upload);
    bar.classList.toggle("is-failed", tone === "bad");
    const words = part(row, ".queue-state");
    words.textContent = wordsOf(upload);
    words.className = `queue-state small ${tone}`;
    part(row, "[data-retry]").hidden = upload.state !== "lost";
    if (!this.#isDrawing) requestAnimationFrame(() => this.#showAll());
    this.#isDrawing = true;
  }

  #showAll() {
    this.#isDrawing = false;
    const { section, queue } = this;
    const { words, rest, share } = summary(queue);
    part(section, ".queue").hidden = !queue.uploads.length;
    part(section, "[data-total-words]").textContent = words;
    part(section, "[data-total-rest]").textContent = rest;
    one(section, "[data-total-bar]", HTMLProgressElement).value = share;
    part(section, "[data-retry-all]").hidden = queue.isActive || !queue.count("lost");
    part(section, "[data-stop]").hidden = !queue.isActive;
    part(section, "[data-clear]").hidden = queue.isActive;
    this.drawn();
  }

  #clear() {
    this.queue.uploads = [];
    this.#rows.clear();
    part(this.section, ".queue-list").replaceChildren();
    this.#showAll();
  }
}
