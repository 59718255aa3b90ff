// @ts-check
// A bar of a round length in µm at the present zoom.

import { at } from "../dom.js";

const WIDEST_PX = 160;

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
}
