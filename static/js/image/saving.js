// Sends corrections one after another. When one fails, those that were waiting behind it are not sent.

const UNREACHED = "The server cannot be reached, so this was not saved. Try again.";

export class Saving {
  #line = Promise.resolve();
  #failures = 0;
  #waiting = 0;

  /** `mark(isSaving)` is called when the first is sent and when the last is done. */
  constructor({ csrfCookie, mark }) {
    this.csrfCookie = csrfCookie;
    this.mark = mark;
    addEventListener("beforeunload", (event) => {
      if (this.#waiting) event.preventDefault();
    });
  }

  /** Read for each request: signing in again in another tab changes it. */
  get #token() {
    const pairs = document.cookie.split("; ").map((pair) => pair.split("="));
    return Object.fromEntries(pairs)[this.csrfCookie] ?? "";
  }

  /** Resolves when all that was sent so far is done: true when all of it was saved and nothing came after. */
  async settled() {
    const failures = this.#failures;
    await this.#line;
    return failures === this.#failures && !this.#waiting;
  }

  /**
   * The answer's body, or null when an earlier one failed first. Throws an Error with the sentence to show and the
   * status. `fields` is a function, called when its turn comes: what was answered before may have changed them.
   */
  send(url, fields) {
    const failures = this.#failures;
    this.#waiting += 1;
    this.mark(true);
    const answer = this.#line.then(() => (failures === this.#failures ? this.#post(url, fields()) : null));
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

  async #post(url, fields) {
    const headers = { "X-CSRFToken": this.#token, Accept: "application/json" };
    let answer;
    try {
      answer = await fetch(url, { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" });
    } catch {
      throw new Error(UNREACHED);
    }
    if (answer.type === "opaqueredirect") throw new Error("Your session has ended, so this was not saved. Reload the page and sign in.");
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const sentence = body.error ?? `The server answered ${answer.status}, so this was not saved. Try again.`;
      throw Object.assign(new Error(sentence), { status: answer.status });
    }
    return body;
  }
}
