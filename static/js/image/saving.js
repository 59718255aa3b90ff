// @ts-check
// Sends corrections one after another. When one fails, those that were waiting behind it are not sent.

const UNREACHED = "The server cannot be reached, so this was not saved. Try again.";
const ENDED = "Your session has ended, so this was not saved. Reload the page and sign in.";

/** The sentence of an edit that was not saved, and the status of the answer where there was one. */
export class NotSaved extends Error {
  /** @param {string} sentence @param {number} status */
  constructor(sentence, status = 0) {
    super(sentence);
    this.status = status;
  }
}

/** The token that a request which changes something is sent with; read for each, as signing in again in another tab changes it. @param {string} csrfCookie */
export function csrfToken(csrfCookie) {
  const pairs = document.cookie.split("; ").map((pair) => pair.split("="));
  return Object.fromEntries(pairs)[csrfCookie] ?? "";
}

/**
 * @param {string} url
 * @param {Record<string, string>} fields
 * @param {string} csrfCookie
 */
export async function post(url, fields, csrfCookie) {
  const headers = { "X-CSRFToken": csrfToken(csrfCookie), Accept: "application/json" };
  const sent = fetch(url, { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" });
  const answer = await sent.catch(() => null);
  if (!answer) throw new NotSaved(UNREACHED);
  if (answer.type === "opaqueredirect") throw new NotSaved(ENDED);
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  throw new NotSaved(body.error ?? `The server answered ${answer.status}, so this was not saved. Try again.`, answer.status);
}

/** @template [Answer=EditAnswer] */
export class Saving {
  /** @type {Promise<unknown>} */
  #line = Promise.resolve();
  #failures = 0;
  #waiting = 0;

  /** @param {string} csrfCookie @param {(isSaving: boolean) => void} mark Called when the first is sent and when the last is done. */
  constructor(csrfCookie, mark) {
    this.csrfCookie = csrfCookie;
    this.mark = mark;
    addEventListener("beforeunload", (event) => {
      if (this.#waiting) event.preventDefault();
    });
  }

  /** Resolves when all that was sent so far is done: true when all of it was saved and nothing came after. */
  async settled() {
    const failures = this.#failures;
    await this.#line;
    return failures === this.#failures && !this.#waiting;
  }

  /**
   * The answer, or null when an earlier one failed first. Throws NotSaved. `fields` is called when its turn comes: what
   * was answered before may have changed them.
   * @param {string} url
   * @param {() => Record<string, string>} fields
   * @returns {Promise<Answer | null>}
   */
  send(url, fields) {
    const failures = this.#failures;
    this.#waiting += 1;
    this.mark(true);
    const answer = this.#line.then(() => (failures === this.#failures ? post(url, fields(), this.csrfCookie) : null));
    this.#line = answer
      .catch(() => {
        this.#failures += 1;
      })
      .then(() => {
        this.#waiting -= 1;
        if (!this.#waiting) setTimeout(() => this.mark(this.#waiting > 0));
      });
    return answer;
  }
}
