// @ts-check
// The charts of a project: drawn as they come near the window. Class and measure change in place, and the address.
import { one, parts, said } from "./dom.js";
import { loadFigure } from "./plots.js";

const INSTEAD = "Its numbers are at the button above.";

const near = new IntersectionObserver(
  (seen) => {
    for (const { target } of seen.filter((entry) => entry.isIntersecting)) {
      near.unobserve(target);
      loadFigure(/** @type {HTMLElement} */ (target), INSTEAD);
    }
  },
  { rootMargin: "600px" },
);
for (const plot of parts(document, ".plot")) near.observe(plot);
for (const button of parts(document, "[data-without-script]")) button.hidden = true;

/** @param {string} address @param {string} name @param {string} value */
function withChoice(address, name, value) {
  const changed = new URL(address, location.href);
  changed.searchParams.set(name, value);
  return changed.pathname + changed.search;
}

for (const choice of document.querySelectorAll("select[data-chooses]")) {
  if (!(choice instanceof HTMLSelectElement)) continue;
  choice.addEventListener("change", () => {
    const name = said(choice, "chooses");
    history.replaceState(null, "", withChoice(location.href, name, choice.value));
    for (const plot of parts(document, `[data-chosen-by="${name}"]`)) {
      plot.dataset.figure = withChoice(said(plot, "figure"), name, choice.value);
      const numbers = one(plot.parentElement ?? document, "[data-numbers]", HTMLAnchorElement);
      numbers.href = withChoice(numbers.href, name, choice.value);
      near.unobserve(plot);
      loadFigure(plot, INSTEAD);
    }
  });
}
