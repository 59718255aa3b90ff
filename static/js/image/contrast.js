// Contrast, channel and projection: the server draws the picture anew, the old one stays until it has come.

const WAIT_MS = 150;

const WORDS = {
  low: (value) => value.toFixed(1),
  high: (value) => value.toFixed(1),
  gamma: (value) => value.toFixed(2),
  plane: (value) => value.toFixed(0),
};

export class Contrast {
  /** `changed(query)` is called with the picture's query, a moment after the last change. */
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
    this.timer = 0;
    form.addEventListener("input", () => this.#soon());
    form.addEventListener("reset", () => setTimeout(() => this.#soon()));
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#say();
  }

  /** What picture.png and annotated.png take. */
  get query() {
    const query = new URLSearchParams(new FormData(this.form));
    const plane = query.get("plane");
    if (plane) query.set("plane", Number(plane) - 1);
    return query;
  }

  #say() {
    for (const output of this.form.querySelectorAll("output[data-of]")) {
      const name = output.dataset.of;
      output.textContent = WORDS[name](Number(this.form.elements[name].value));
    }
    const planeRow = this.form.querySelector("#plane-row");
    if (planeRow) planeRow.hidden = this.form.elements.projection.value !== "plane";
  }

  #soon() {
    this.#say();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.changed(this.query), WAIT_MS);
  }
}
