// The Threshold page: the slider moves the boxes of the picture, the words beside it and the line of the curve. What is
// said of each threshold comes with the page; nothing is asked of the server until the form is sent.
import { loadFigure, showFigure } from "./plots.js";

const words = JSON.parse(document.getElementById("threshold-words").textContent);
const slide = document.getElementById("slide");
const field = document.getElementById("threshold");
const chosen = document.getElementById("chosen");
const use = document.getElementById("use");
const plot = document.querySelector(".plot");
const marks = [...document.querySelectorAll("#marks > g")].map((element) => ({
  element,
  score: Number(element.dataset.score),
  below: "below" in element.dataset,
}));
let figure = null;
let asked = null;

const say = (id, text) => {
  document.getElementById(id).textContent = text;
};

function show(threshold) {
  const step = words.thresholds.findIndex((each) => Math.abs(each - threshold) < 0.005);
  if (step < 0) return;
  const text = words.thresholds[step].toFixed(2);
  const at = words.thresholds[step];
  for (const { element, score, below } of marks) {
    element.classList.toggle("is-out", below ? at <= score + 1e-9 : at > score + 1e-9);
  }
  say("in-picture", words.picture[step]);
  say("in-experiment", words.experiment[step]);
  say("in-reviewed", words.curve[step]);
  if (use) {
    chosen.value = text;
    say("use-words", text);
    use.disabled = "busy" in use.dataset || use.dataset.now === text;
  }
  slide.setAttribute("aria-valuetext", `${text}: ${words.picture[step]}`);
  moveLine(at);
}

function moveLine(at) {
  if (!figure?.layout.shapes) return;
  const [line] = figure.layout.shapes;
  figure = { ...figure, layout: { ...figure.layout, shapes: [{ ...line, x0: at, x1: at }] } };
  showFigure(plot, figure);
}

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
document.getElementById("image").addEventListener("change", ({ target }) => target.form.requestSubmit());

if (plot) {
  loadFigure(plot, "The table below holds its numbers.").then((drawn) => {
    figure = drawn;
    moveLine(Number(field.value));
  });
}
