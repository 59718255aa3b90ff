// The charts of a project: drawn as they come near the window. Class and measure change in place, and the address.
import { loadFigure } from "./plots.js";

const INSTEAD = "Its numbers are at the button above.";

const near = new IntersectionObserver(
  (seen) => {
    for (const { target } of seen.filter((entry) => entry.isIntersecting)) {
      near.unobserve(target);
      loadFigure(target, INSTEAD);
    }
  },
  { rootMargin: "600px" },
);
for (const plot of document.querySelectorAll(".plot")) near.observe(plot);
for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

function withChoice(address, name, value) {
  const changed = new URL(address, location.href);
  changed.searchParams.set(name, value);
  return changed.pathname + changed.search;
}

for (const choice of document.querySelectorAll("[data-chooses]")) {
  choice.addEventListener("change", () => {
    const name = choice.dataset.chooses;
    history.replaceState(null, "", withChoice(location.href, name, choice.value));
    for (const plot of document.querySelectorAll(`[data-chosen-by="${name}"]`)) {
      plot.dataset.figure = withChoice(plot.dataset.figure, name, choice.value);
      const numbers = plot.parentElement.querySelector("[data-numbers]");
      numbers.href = withChoice(numbers.href, name, choice.value);
      near.unobserve(plot);
      loadFigure(plot, INSTEAD);
    }
  });
}
