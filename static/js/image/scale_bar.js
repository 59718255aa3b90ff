// @ts-check
// A bar of a round length in µm at the present zoom. It goes to the other corner from where somebody points.

import { at } from "../dom.js";

const WIDEST_PX = 160;
const ROOM_PX = 24;

/** @param {HTMLElement} bar @param {PointerEvent} event */
function isNear(bar, { clientX, clientY }) {
  const { left, right, top, bottom } = bar.getBoundingClientRect();
  return clientX > left - ROOM_PX && clientX < right + ROOM_PX && clientY > top - ROOM_PX && clientY < bottom + ROOM_PX;
}

/** @param {import("./scene.js").Scene} scene */
export function drawScaleBar(scene) {
  const pixelUm = scene.image.pixel_size_um;
  if (!pixelUm) return;
  const place = () => {
    const umPerScreenPx = pixelUm / scene.scale;
    const longest = WIDEST_PX * umPerScreenPx;
    const power = 10 ** Math.floor(Math.log10(longest));
    const length = [5, 2].map((step) => step * power).find((candidate) => candidate <= longest) ?? power;
    at("scale-bar").hidden = false;
    at("scale-bar-line").style.width = `${length / umPerScreenPx}px`;
    at("scale-bar-length").textContent = `${Number(length.toPrecision(2))} µm`;
  };
  scene.follow(place);
  scene.viewer.element.addEventListener("pointermove", (event) => {
    const bar = at("scale-bar");
    if (isNear(bar, event)) bar.classList.toggle("is-aside");
  });
}
