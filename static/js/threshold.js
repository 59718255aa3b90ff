// @ts-check
// The Threshold page: the slider moves the boxes of the picture, the words beside it and the line of the curve. What is
// said of each threshold comes with the page; nothing is asked of the server until the form is sent.
import { at, inputAt, kindAt, maybeAt, parts } from "./dom.js";
import { loadFigure, showFigure } from "./plots.js";

/**
 * What the page says of each threshold, step by step of `thresholds`.
 * @typedef {{thresholds: number[], picture: string[], experiment: string[], curve: string[]}} Words
 */

/** @type {Words} */
const words = JSON.parse(at("threshold-words").textContent);
const slide = inputAt("slide");
const field = inputAt("threshold");
const use = maybeAt("use") && kindAt("use", HTMLButtonElement);
const [plot] = parts(document, ".plot");
const marks = /** @type {SVGElement[]} */ ([...document.querySelectorAll("#marks > g")]).map((element) => ({
  element,
  score: Number(element.dataset.score),
  below: "below" in element.dataset,
}));
/** @type {Figure | null} */
let figure = null;
let asked = 0;

/** @param {string} id @param {string | undefined} text */
const say = (id, text) => {
  at(id).textContent = text ?? "";
};

/** @param {number} threshold */
function show(threshold) {
  const step = words.thresholds.findIndex((each) => Math.abs(each - threshold) < 0.005);
  const limit = words.thresholds[step];
  if (limit === undefined) return;
  const text = limit.toFixed(2);
  for (const { element, score, below } of marks) {
    element.classList.toggle("is-out", below ? limit <= score + 1e-9 : limit > score + 1e-9);
  }
  say("in-picture", words.picture[step]);
  say("in-experiment", words.experiment[step]);
  say("in-reviewed", words.curve[step]);
  if (use) {
    inputAt("chosen").value = text;
    say("use-words", text);
    use.disabled = "busy" in use.dataset || use.dataset.now === text;
  }
  slide.setAttribute("aria-valuetext", `${text}: ${words.picture[step]}`);
  moveLine(limit);
}

/** @param {number} limit */
function moveLine(limit) {
  const line = figure?.layout.shapes?.[0];
  if (!figure || !line || !plot) return;
  figure = { ...figure, layout: { ...figure.layout, shapes: [{ ...line, x0: limit, x1: limit }] } };
  showFigure(plot, figure);
}

/** @param {HTMLInputElement} from @param {HTMLInputElement} to */
function follow(from, to) {
  if (from.value === "" || !from.validity.valid) return;
  to.value = to === field ? Number(from.value).toFixed(2) : from.value;
  const threshold = Number(from.value);
  const page = new URL(location.href);
  page.searchParams.set("threshold", threshold.toFixed(2));
  history.replaceState(null, "", page);
  cancelAnimationFrame(asked);
  asked = requestAnimationFrame(() => show(threshold));
}

slide.hidden = false;
slide.addEventListener("input", () => follow(slide, field));
field.addEventListener("input", () => follow(field, slide));
const picture = kindAt("image", HTMLSelectElement);
picture.addEventListener("change", () => picture.form?.requestSubmit());

if (plot) {
  loadFigure(plot, "The table below holds its numbers.").then((drawn) => {
    figure = drawn;
    moveLine(Number(field.value));
  });
}
