// @ts-check
// One state, changed in one place; what is drawn follows it. It knows nothing of what it holds.

/** @template State */
export class Store {
  /** @type {State} */
  #state;
  /** @type {(() => void)[]} */
  #views = [];
  #isTelling = false;

  /** @param {State} state */
  constructor(state) {
    this.#state = state;
  }

  get state() {
    return this.#state;
  }

  /**
   * Put a changed state in place; `change` gives a new one and leaves the old as it is. Then all that watches is told;
   * what it changes in turn is told after that.
   * @param {(state: State) => State} change
   */
  update(change) {
    this.#state = change(this.#state);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      let told = null;
      while (told !== this.#state) {
        told = this.#state;
        for (const view of this.#views) view();
      }
    } finally {
      this.#isTelling = false;
    }
  }

  /**
   * Call `render` now, and each time that one of the parts is another one.
   * @template {unknown[]} Parts
   * @param {(state: State) => [...Parts]} pick
   * @param {(...parts: Parts) => void} render
   */
  watch(pick, render) {
    render(...this.onChange(pick, render));
  }

  /**
   * Call `act` each time that one of the parts is another one. Gives the parts as they are now.
   * @template {unknown[]} Parts
   * @param {(state: State) => [...Parts]} pick
   * @param {(...parts: Parts) => void} act
   * @returns {Parts}
   */
  onChange(pick, act) {
    /** @type {[...Parts]} */
    let parts = pick(this.#state);
    this.#views.push(() => {
      /** @type {[...Parts]} */
      const next = pick(this.#state);
      if (next.every((part, n) => Object.is(part, parts[n]))) return;
      parts = next;
      act(...next);
    });
    return parts;
  }
}
