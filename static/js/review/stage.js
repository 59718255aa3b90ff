// @ts-check
// The spine that is shown: its window, and over it its box or outline and its dendrite.

import { at, part } from "../dom.js";
import { joined, svg } from "../image/svg.js";
import { pictureOf } from "./pictures.js";

const WIDEST_BAR = 0.3; // of the window

/** @param {QueueStep} step */
function marks(step) {
  const [x, y, width, height] = step.box_px;
  const made = svg("svg", { viewBox: step.window_px.join(" "), class: "queue-marks", "aria-hidden": "true" });
  for (const line of step.dendrites_px) {
    const points = joined(line);
    made.append(svg("polyline", { points, class: "queue-dendrite-halo" }), svg("polyline", { points, class: "queue-dendrite" }));
  }
  if (step.outline_px) {
    const points = joined(step.outline_px);
    made.append(svg("polygon", { points, class: "queue-outline-halo" }), svg("polygon", { points, class: "queue-outline" }));
  }
  const box = { x, y, width, height };
  made.append(svg("rect", { ...box, class: "queue-box-halo" }), svg("rect", { ...box, class: "queue-box" }));
  return made;
}

/** A bar of a round length. @param {QueueStep} step */
function showScale({ pixel_size_um, window_px }) {
  const bar = at("scale-bar");
  bar.hidden = !pixel_size_um;
  if (!pixel_size_um) return;
  const longest = WIDEST_BAR * window_px[2] * pixel_size_um;
  const power = 10 ** Math.floor(Math.log10(longest));
  const length = [5, 2].map((step) => step * power).find((candidate) => candidate <= longest) ?? power;
  part(bar, ".scale-bar-line").style.width = `${(100 * length) / (window_px[2] * pixel_size_um)}%`;
  part(bar, ".scale-bar-length").textContent = `${Number(length.toPrecision(2))} µm`;
}

/** @param {QueueStep | null} step */
export function showStage(step) {
  const stage = at("stage");
  const frame = at("stage-frame");
  stage.hidden = !step;
  if (!step) return;
  const picture = pictureOf(step);
  const isHere = () => stage.dataset.step === String(step.id);
  stage.dataset.step = String(step.id);
  stage.dataset.state = picture.complete && picture.naturalWidth ? "drawn" : "waiting";
  if (stage.dataset.state === "waiting") {
    picture.addEventListener("load", () => isHere() && (stage.dataset.state = "drawn"), { once: true });
    picture.addEventListener("error", () => isHere() && (stage.dataset.state = "failed"), { once: true });
  }
  frame.replaceChildren(picture, marks(step));
  showScale(step);
}
