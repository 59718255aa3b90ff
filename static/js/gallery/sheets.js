// @ts-check
// The tiles on the page. A piece of the gallery is whole rows; it is filled when it comes near the window, a few tiles a frame, and
// then stays.

import { tileElement } from "./tile.js";

const LEAST_A_PIECE = 30;
const A_FRAME = 10;
const AHEAD = "1200px";

/** @typedef {import("./rows.js").Tile} Tile */
/** @typedef {{heading: HTMLElement, tiles: Tile[]}} Group */

export class Sheets {
  /** @type {Map<number, HTMLElement>} */
  elements = new Map();
  /** @type {Map<Element, Tile[]>} */
  #waiting = new Map();
  /** Pieces that came near, in that order. @type {Set<Element>} */
  #due = new Set();
  /** @type {Group[]} */
  #groups = [];
  #columns = 1;
  /** What gave so many columns. */
  #size = "";
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
    new ResizeObserver(() => this.#fit()).observe(root);
  }

  /** @param {Group[]} groups */
  show(groups) {
    this.#groups = groups;
    this.#measure();
    this.#near.disconnect();
    this.#due.clear();
    this.#waiting.clear();
    this.elements.clear();
    const made = groups.flatMap(({ heading, tiles }) => [heading, ...this.#pieces(tiles)]);
    this.root.replaceChildren(...made);
    for (const piece of this.#waiting.keys()) this.#near.observe(piece);
  }

  /** Lay the tiles anew where the width, or the size of tiles, gives other rows; what was seen first stays in view. */
  #fit() {
    const before = this.#columns;
    this.#measure();
    if (this.#columns === before) return;
    const first = [...this.elements].find(([, element]) => element.getBoundingClientRect().bottom > 0);
    this.show(this.#groups);
    if (first) this.reach(first[0])?.scrollIntoView({ block: "nearest" });
  }

  /** How many tiles fit beside each other. */
  #measure() {
    const size = `${this.root.clientWidth} ${this.root.className}`;
    if (size === this.#size) return;
    this.#size = size;
    const piece = emptyPiece();
    this.root.append(piece);
    this.#columns = getComputedStyle(piece).gridTemplateColumns.split(" ").length;
    piece.remove();
  }

  /** @param {Tile[]} tiles */
  #pieces(tiles) {
    const pieces = [];
    const most = Math.ceil(LEAST_A_PIECE / this.#columns) * this.#columns;
    for (let at = 0; at < tiles.length; at += most) {
      const piece = emptyPiece();
      const some = tiles.slice(at, at + most);
      piece.style.setProperty("--rows", String(Math.ceil(some.length / this.#columns)));
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
    this.#groups = this.#groups.map((group) => ({ ...group, tiles: group.tiles.map((tile) => anew.get(tile.id) ?? tile) }));
    for (const some of this.#waiting.values()) some.forEach((tile, at) => some.splice(at, 1, anew.get(tile.id) ?? tile));
    for (const [id, tile] of anew) {
      const old = this.elements.get(id);
      if (!old) continue;
      old.replaceWith(this.#made(tile));
    }
  }
}

function emptyPiece() {
  const piece = document.createElement("div");
  piece.className = "gallery-piece";
  return piece;
}
