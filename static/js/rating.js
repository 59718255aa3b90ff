// @ts-check
// Answers of a reader study by key: the letter that stands on a button.
import { parts } from "./dom.js";

const typing = new Set(["INPUT", "TEXTAREA", "SELECT"]);

document.addEventListener("keydown", (event) => {
  const on = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || typing.has(on.tagName)) return;
  const button = [...parts(document, "[data-key]")].find((each) => each.dataset.key === event.key.toLowerCase());
  if (button) button.click();
});
