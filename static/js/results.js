// The charts of the results page: drawn as they come near the window; a click on a point opens its image. The measure
// changes in place, and the address with it.
import { loadFigure } from "./plots.js";

const AHEAD = "600px";
const linked = new WeakSet();

function openImage({ points: [point] }) {
  if (point.data.meta?.links !== "images") return;
  const [, , , image, spine] = point.customdata;
  const plot = document.querySelector("[data-image-address]");
  location.href = plot.dataset.imageAddress.replace("/0/", `/${image}/`) + (spine ? `#spine-${spine}` : "");
}

async function load(plot) {
  await loadFigure(plot);
  if (plot.dataset.state !== "drawn" || linked.has(plot)) return;
  linked.add(plot);
  plot.on("plotly_click", openImage);
}

const near = new IntersectionObserver(
  (seen) => {
    for (const { target } of seen.filter((entry) => entry.isIntersecting)) {
      near.unobserve(target);
      load(target);
    }
  },
  { rootMargin: AHEAD },
);
for (const plot of document.querySelectorAll(".plot")) near.observe(plot);

document.getElementById("result-filters")?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

const measure = document.querySelector("[data-measure]");
measure?.addEventListener("change", () => {
  const page = new URL(location.href);
  page.searchParams.set("measure", measure.value);
  history.replaceState(null, "", page);
  for (const plot of document.querySelectorAll("[data-by-measure]")) {
    const figure = new URL(plot.dataset.figure, location.href);
    figure.searchParams.set("measure", measure.value);
    plot.dataset.figure = figure.pathname + figure.search;
    const numbers = plot.parentElement.querySelector("[data-numbers]");
    numbers.search = figure.search;
    linked.delete(plot);
    near.unobserve(plot);
    load(plot);
  }
});
