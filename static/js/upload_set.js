// A set on its way to the server: how much has arrived, then that it is being read.

const form = document.querySelector("form[data-upload]");
const box = form.querySelector(".upload-progress");
const bar = box.querySelector("progress");
const words = box.querySelector("p");

form.addEventListener("htmx:xhr:progress", ({ detail: { loaded, total } }) => {
  if (!total) return;
  box.hidden = false;
  const percent = Math.floor((100 * loaded) / total);
  if (percent < 100) {
    bar.value = percent;
    words.textContent = `${percent} % uploaded`;
  } else {
    bar.removeAttribute("value");
    words.textContent = "Reading the set. A large one takes minutes; leave this page open.";
  }
});

form.addEventListener("htmx:afterRequest", () => {
  box.hidden = true;
});
