// @ts-check
// A set on its way to the server: how much has arrived, then that it is being read.

import { one, part } from "./dom.js";

const form = part(document, "form[data-upload]");
const box = part(form, ".upload-progress");
const bar = one(box, "progress", HTMLProgressElement);
const words = part(box, "p");

form.addEventListener("htmx:xhr:progress", ({ detail: { loaded, total } }) => {
  if (!total) return;
  box.hidden = false;
  const percent = Math.floor((100 * loaded) / total);
  if (percent < 100) {
    bar.value = percent;
    words.textContent = `${percent} % uploaded`;
  } else {
    bar.removeAttribute("value");
    words.textContent = "Arrived; a large one is read by a worker, on a page of its own.";
  }
});

form.addEventListener("htmx:afterRequest", () => {
  box.hidden = true;
});
