// Copying a new API token.
import { announce } from "./base.js";

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = !navigator.clipboard;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
  button.textContent = "Copied";
  announce("The token is copied.");
});
