// @ts-check
// What is drawn of each spine: made anew where its row is another one, hidden where it is not shown.

export class Drawn {
  /** @type {Map<number, {row: SpineRow, made: SVGGElement}>} */
  #made = new Map();

  /** @param {SVGGElement} root @param {(spine: SpineRow) => SVGGElement} make */
  constructor(root, make) {
    this.root = root;
    this.make = make;
  }

  /** @param {readonly SpineRow[]} spines @param {readonly SpineRow[]} shown */
  show(spines, shown) {
    const ids = new Set(shown.map(({ id }) => id));
    const gone = new Set(this.#made.keys());
    for (const row of spines) {
      gone.delete(row.id);
      this.#put(row).toggleAttribute("hidden", !ids.has(row.id));
    }
    for (const id of gone) {
      this.#made.get(id)?.made.remove();
      this.#made.delete(id);
    }
  }

  /** @param {SpineRow} row */
  #put(row) {
    const old = this.#made.get(row.id);
    if (old?.row === row) return old.made;
    const made = this.make(row);
    if (old) old.made.replaceWith(made);
    else this.root.append(made);
    this.#made.set(row.id, { row, made });
    return made;
  }

  /** @param {number | null} id */
  of(id) {
    return (id !== null && this.#made.get(id)?.made) || null;
  }
}
