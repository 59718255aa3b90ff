// @ts-check
// The tiles on the page. A piece of the gallery is filled when it comes near the window, a few tiles a frame, and then stays.

import { tileElement } from "./tile.js";

const A_PIECE = 30;
const A_FRAME = 10;
const AHEAD = "1200px";

/** @typedef {import("./rows.js").Tile} Tile */

export class Sheets {
  /** @type {Map<number, HTMLElement>} */
  elements = new Map();
  /** @type {Map<Element, Tile[]>} */
  #waiting = new Map();
  /** Pieces that came near, in that order. @type {Set<Element>} */
  #due = new Set();
  #near = new IntersectionObserver((seen) => {
    const wasIdle = !this.#due.size;
    for (const { target, isIntersecting } of seen) {
      if (isIntersecting) this.#due.add(target);
      else this.#due.delete(target); // it was scrolled past
    }
    if (wasIdle && this.#due.size) requestAnimationFrame(() => this.#fillNext());
  }, { rootMargin: AHEAD });

  /** @param {HTMLElement} root @param {(tile: Tile) => import("./tile.js").Look} look */
  constructor(root, look) {
    this.root = root;
    this.look = look;
  }

  /** @param {{heading: HTMLElement, tiles: Tile[]}[]} groups */
  show(groups) {
    this.#near.disconnect();
    this.#due.clear();
    this.#waiting.clear();
    this.elements.clear();
    const made = groups.flatMap(({ heading, tiles }) => [heading, ...this.#pieces(tiles)]);
    this.root.replaceChildren(...made);
    for (const piece of this.#waiting.keys()) this.#near.observe(piece);
  }

  /** @param {Tile[]} tiles */
  #pieces(tiles) {
    const pieces = [];
    for (let at = 0; at < tiles.length; at += A_PIECE) {
      const piece = document.createElement("div");
      piece.className = "gallery-piece";
      const some = tiles.slice(at, at + A_PIECE);
      piece.style.setProperty("--tiles", String(some.length));
      this.#waiting.set(piece, some);
      pieces.push(piece);
    }
    return pieces;
  }

  #fillNext() {
    const [piece] = this.#due;
    if (!piece) return;
    this.#fill(piece, A_FRAME);
    if (!this.#waiting.has(piece)) this.#due.delete(piece);
    if (this.#due.size) requestAnimationFrame(() => this.#fillNext());
  }

  /** Put the next tiles into a piece. @param {Element} piece @param {number} [most] All that wait for it, where it is left out. */
  #fill(piece, most) {
    const tiles = this.#waiting.get(piece);
    if (!tiles) return;
    piece.append(...tiles.splice(0, most ?? tiles.length).map((tile) => this.#made(tile)));
    if (tiles.length) return;
    this.#waiting.delete(piece);
    this.#near.unobserve(piece);
  }

  /** @param {Tile} tile */
  #made(tile) {
    const element = tileElement(tile, this.look(tile));
    this.elements.set(tile.id, element);
    return element;
  }

  /** Fill the piece of a tile that is to be seen now, whether it is near or not. @param {number} id */
  reach(id) {
    for (const [piece, tiles] of this.#waiting) if (tiles.some((tile) => tile.id === id)) this.#fill(piece);
    return this.elements.get(id) ?? null;
  }

  /** Draw some tiles anew, those of them that are filled. @param {Iterable<Tile>} tiles */
  redraw(tiles) {
    const anew = new Map([...tiles].map((tile) => [tile.id, tile]));
    for (const some of this.#waiting.values()) some.forEach((tile, at) => some.splice(at, 1, anew.get(tile.id) ?? tile));
    for (const [id, tile] of anew) {
      const old = this.elements.get(id);
      if (!old) continue;
      old.replaceWith(this.#made(tile));
    }
  }
}
