// @ts-check
// The charts of the results page: drawn as they come near the window; a click on a point opens its image. The measure
// changes in place, and the address with it.
import { maybeAt, one, part, parts, said } from "./dom.js";
import { loadFigure } from "./plots.js";

const AHEAD = "600px";
const linked = new WeakSet();

/** @param {{points: ClickedPoint[]}} click */
function openImage({ points: [point] }) {
  if (point?.data.meta?.links !== "images") return;
  const [, , , image, spine] = point.customdata;
  const address = said(part(document, "[data-image-address]"), "imageAddress");
  location.href = address.replace("/0/", `/${image}/`) + (spine ? `#spine-${spine}` : "");
}

/** @param {HTMLElement} plot */
async function load(plot) {
  await loadFigure(plot);
  if (plot.dataset.state !== "drawn" || linked.has(plot)) return;
  linked.add(plot);
  /** @type {PlotElement} */ (plot).on("plotly_click", openImage);
}

const near = new IntersectionObserver(
  (seen) => {
    for (const { target } of seen.filter((entry) => entry.isIntersecting)) {
      near.unobserve(target);
      load(/** @type {HTMLElement} */ (target));
    }
  },
  { rootMargin: AHEAD },
);
for (const plot of parts(document, ".plot")) near.observe(plot);

maybeAt("result-filters")?.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
});

const measure = document.querySelector("select[data-measure]");
if (measure instanceof HTMLSelectElement) measure.addEventListener("change", () => {
  const page = new URL(location.href);
  page.searchParams.set("measure", measure.value);
  history.replaceState(null, "", page);
  for (const plot of parts(document, "[data-by-measure]")) {
    const figure = new URL(said(plot, "figure"), location.href);
    figure.searchParams.set("measure", measure.value);
    plot.dataset.figure = figure.pathname + figure.search;
    const numbers = one(plot.parentElement ?? document, "[data-numbers]", HTMLAnchorElement);
    numbers.search = figure.search;
    linked.delete(plot);
    near.unobserve(plot);
    load(plot);
  }
});
