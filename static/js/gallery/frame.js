// @ts-check
// A frame drawn with the mouse over tiles chooses those that it touches.

import { part } from "../dom.js";

const LEAST_PX = 6;

/** @param {DOMRect} one @param {{left: number, top: number, right: number, bottom: number}} other */
const touch = (one, other) => one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;

/**
 * @param {HTMLElement} root
 * @param {() => Iterable<HTMLElement>} tiles Those that are on the page.
 * @param {(ids: number[], adds: boolean) => void} choose Called as the frame grows.
 */
export function listenToFrame(root, tiles, choose) {
  /** @type {{x: number, y: number, adds: boolean, isDrawn: boolean} | null} */
  let from = null;
  const frame = document.createElement("div");
  frame.className = "gallery-frame";
  frame.hidden = true;
  part(document, "body").append(frame);

  let wasDrawn = false;
  const end = () => {
    wasDrawn = from?.isDrawn ?? false;
    from = null;
    frame.hidden = true;
  };
  root.addEventListener("pointerdown", (event) => {
    if (event.button || event.pointerType !== "mouse" || event.shiftKey) return;
    wasDrawn = false;
    from = { x: event.pageX, y: event.pageY, adds: event.ctrlKey || event.metaKey, isDrawn: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [left, right] = [Math.min(from.x, event.pageX), Math.max(from.x, event.pageX)];
    const [top, bottom] = [Math.min(from.y, event.pageY), Math.max(from.y, event.pageY)];
    if (!from.isDrawn && right - left < LEAST_PX && bottom - top < LEAST_PX) return;
    from.isDrawn = true;
    event.preventDefault();
    frame.hidden = false;
    Object.assign(frame.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    const seen = { left: left - scrollX, right: right - scrollX, top: top - scrollY, bottom: bottom - scrollY };
    choose([...tiles()].filter((tile) => touch(tile.getBoundingClientRect(), seen)).map((tile) => Number(tile.dataset.id)), from.adds);
  });
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
  // The click that ends a frame chooses nothing.
  root.addEventListener("click", (event) => wasDrawn && event.stopPropagation(), true);
}
