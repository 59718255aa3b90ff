// @ts-check
// Copying a new API token.
import { announce } from "./base.js";
import { around, at, parts, said } from "./dom.js";

for (const element of parts(document, "[data-needs-script]")) element.hidden = !navigator.clipboard;

document.addEventListener("click", async (event) => {
  const button = around(event, "[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(at(said(button, "copies")).textContent);
  button.textContent = "Copied";
  announce("The token is copied.");
});
