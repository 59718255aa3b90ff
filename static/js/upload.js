// @ts-check
// The upload queue: one request a file, four at a time, files that are there already skipped.
import { inWords, sha256 } from "./files.js";

/**
 * Where a file of the queue stands; "lost" is failed for a reason that may pass.
 * @typedef {"checking" | "waiting" | "sending" | "pausing" | "done" | "skipped" | "failed" | "lost"} UploadState
 */

/** A file of the queue. */
export class Upload {
  /** @type {UploadState} */
  state = "checking";
  sentBytes = 0;
  sentence = "";
  wasSentTwice = false;
  /** @type {string | null} */
  sha256 = null;
  /** @type {XMLHttpRequest | null} */
  request = null;

  /** @param {import("./files.js").Found} found */
  constructor({ file, path }) {
    this.file = file;
    this.path = path;
  }
}

/** What the queue tells of one of its files: "added" or "change". */
export class UploadEvent extends Event {
  /** @param {"added" | "change"} type @param {Upload} upload */
  constructor(type, upload) {
    super(type);
    this.upload = upload;
  }
}

/**
 * What the server said of a file, where it said something.
 * @param {XMLHttpRequest} request
 * @returns {{error?: string, said?: string} | null}
 */
function bodyOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null;
  }
}

/** What there is to say of a file that is there. @param {{said?: string} | null} answer */
function saidOf(answer) {
  return answer?.said ?? "";
}

const AT_A_TIME = 4;
const ASKED_AT_ONCE = 32;
const AGAIN_AFTER_MS = 2000;

/** Tells "added" and "change" as UploadEvent, and "idle" when nothing is left to do. */
export class UploadQueue extends EventTarget {
  /** @type {Upload[]} */
  uploads = [];
  sending = 0;
  looking = 0;
  beganAt = 0;

  /** @param {{url: string, knownUrl: string, csrfCookie: string, maxBytes: number}} where */
  constructor({ url, knownUrl, csrfCookie, maxBytes }) {
    super();
    this.url = url;
    this.knownUrl = knownUrl;
    this.csrfCookie = csrfCookie;
    this.maxBytes = maxBytes;
  }

  /** @param {(upload: Upload) => void} listener */
  onAdded(listener) {
    this.addEventListener("added", (event) => event instanceof UploadEvent && listener(event.upload));
  }

  /** @param {(upload: Upload) => void} listener */
  onChange(listener) {
    this.addEventListener("change", (event) => event instanceof UploadEvent && listener(event.upload));
  }

  /** Read for each request: signing in again in another tab changes it. */
  get token() {
    const pairs = document.cookie.split("; ").map((pair) => pair.split("="));
    return Object.fromEntries(pairs)[this.csrfCookie] ?? "";
  }

  get isActive() {
    return this.looking > 0 || this.count("checking", "waiting", "sending", "pausing") > 0;
  }

  /** @param {UploadState[]} states */
  count(...states) {
    return this.uploads.filter(({ state }) => states.includes(state)).length;
  }

  get bytes() {
    const sum = (/** @type {(upload: Upload) => number} */ take) => this.uploads.reduce((total, upload) => total + take(upload), 0);
    const isOver = (/** @type {Upload} */ { state }) => ["done", "skipped", "failed", "lost"].includes(state);
    return {
      total: sum(({ file }) => file.size),
      passed: sum((upload) => (isOver(upload) ? upload.file.size : upload.sentBytes)),
      sent: sum((upload) => (upload.state === "done" ? upload.file.size : upload.state === "sending" ? upload.sentBytes : 0)),
    };
  }

  get secondsLeft() {
    const seconds = (performance.now() - this.beganAt) / 1000;
    const { total, passed, sent } = this.bytes;
    return seconds > 5 && sent ? ((total - passed) * seconds) / sent : null;
  }

  /** @param {import("./files.js").Found[]} files */
  async add(files) {
    if (!this.isActive) this.beganAt = performance.now();
    const uploads = files.map((found) => new Upload(found));
    this.uploads.push(...uploads);
    this.looking += 1;
    uploads.forEach((upload) => this.tell(upload, "added"));
    for (let i = 0; i < uploads.length; i += ASKED_AT_ONCE) {
      await this.admit(uploads.slice(i, i + ASKED_AT_ONCE));
    }
    this.looking -= 1;
    this.pump();
  }

  /** Refuse what is empty or too large, skip what the server has, let the rest wait for its turn. @param {Upload[]} uploads */
  async admit(uploads) {
    const fit = uploads.filter((upload) => {
      const limitMb = Math.round(this.maxBytes / 2 ** 20).toLocaleString("en");
      if (upload.file.size > this.maxBytes) this.set(upload, "failed", `Larger than ${limitMb} MB, the limit here. Crop it or split its stack.`);
      else if (!upload.file.size) this.set(upload, "failed", "The file is empty. Copy it again from where it was recorded.");
      return upload.state === "checking";
    });
    const known = await this.known(fit);
    for (const upload of fit) {
      if (upload.sha256 && upload.sha256 in known) this.set(upload, "skipped", "In this experiment already");
      else if (upload.state === "checking") this.set(upload, "waiting", "");
    }
    this.pump();
  }

  /**
   * Which of the files the server has, by their SHA-256.
   * @param {Upload[]} uploads
   * @returns {Promise<Record<string, unknown>>}
   */
  async known(uploads) {
    try {
      const form = new URLSearchParams();
      for (const upload of uploads) {
        upload.sha256 = await sha256(upload.file);
        if (upload.sha256) form.append("sha256", upload.sha256);
      }
      if (!form.size) return {};
      const headers = { "X-CSRFToken": this.token, Accept: "application/json" };
      const response = await fetch(this.knownUrl, { method: "POST", body: form, headers });
      return response.ok ? (await response.json()).known : {};
    } catch {
      return {}; // unreadable file or no network: sending it will say which
    }
  }

  pump() {
    while (this.sending < AT_A_TIME) {
      const next = this.uploads.find(({ state }) => state === "waiting");
      if (!next) break;
      this.send(next);
    }
    if (!this.isActive) this.dispatchEvent(new Event("idle"));
  }

  /** @param {Upload} upload */
  send(upload) {
    this.sending += 1;
    upload.sentBytes = 0;
    this.set(upload, "sending", "");
    const request = new XMLHttpRequest();
    upload.request = request;
    request.open("POST", this.url);
    request.setRequestHeader("X-CSRFToken", this.token);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      upload.sentBytes = Math.min(event.loaded, upload.file.size);
      this.tell(upload);
    });
    request.addEventListener("loadend", () => {
      this.sending -= 1;
      upload.request = null;
      if (upload.state === "sending") this.settle(upload, request);
      this.pump();
    });
    const form = new FormData();
    form.append("relative_path", upload.path);
    form.append("file", upload.file, "upload");
    request.send(form);
  }

  /** @param {Upload} upload @param {XMLHttpRequest} request */
  settle(upload, request) {
    const answer = bodyOf(request);
    if (request.status === 201) return this.set(upload, "done", saidOf(answer));
    if (request.status === 409) return this.set(upload, "skipped", answer?.error ?? "In this experiment already");
    if (request.status >= 400 && request.status < 500 && answer?.error) return this.set(upload, "failed", answer.error);
    if (request.status === 200) return this.set(upload, "lost", "The session has ended. Sign in again in another tab, then retry.");
    if (!upload.wasSentTwice) {
      upload.wasSentTwice = true;
      setTimeout(() => upload.state === "pausing" && this.retry([upload]), AGAIN_AFTER_MS);
      return this.set(upload, "pausing", "The connection broke; it is sent again.");
    }
    return this.set(upload, "lost", answer?.error ?? (request.status ? `The server answered ${request.status}. Retry it.` : "The connection broke. Retry it."));
  }

  /** @param {Upload[]} uploads */
  retry(uploads) {
    for (const upload of uploads) this.set(upload, "waiting", "");
    this.pump();
  }

  /** Send nothing more; what is there stays. */
  stop() {
    for (const upload of this.uploads) {
      if (!["waiting", "sending", "checking", "pausing"].includes(upload.state)) continue;
      this.set(upload, "lost", "Stopped");
      upload.request?.abort();
    }
  }

  /** @param {Upload} upload @param {UploadState} state @param {string} sentence */
  set(upload, state, sentence) {
    upload.state = state;
    upload.sentence = sentence;
    this.tell(upload);
  }

  /** @param {Upload} upload @param {"added" | "change"} type */
  tell(upload, type = "change") {
    this.dispatchEvent(new UploadEvent(type, upload));
  }
}

/** The queue in one line, and what is behind it. @param {UploadQueue} queue */
export function summary(queue) {
  const over = queue.count("done", "skipped", "failed", "lost");
  const { total, passed } = queue.bytes;
  const parts = [`${inWords(passed)} of ${inWords(total)}`];
  if (queue.count("skipped")) parts.push(`${queue.count("skipped")} were there already`);
  if (queue.count("failed", "lost")) parts.push(`${queue.count("failed", "lost")} failed`);
  if (queue.isActive && queue.secondsLeft !== null) parts.push(`about ${Math.max(1, Math.round(queue.secondsLeft))} s left`);
  return { words: `${over} of ${queue.uploads.length} files`, rest: parts.join(" · "), share: total ? passed / total : 1 };
}
