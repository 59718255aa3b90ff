// @ts-check
// How the picture is seen: brightness, contrast, inversion, what is drawn over it. Only for the eye; kept in this browser.

import { at, inputs, inputAt, kindAt, parts } from "../dom.js";

const KEPT = "spinula-queue-look";

const form = () => kindAt("look-form", HTMLFormElement);

function apply() {
  const percent = (/** @type {string} */ id) => `${inputAt(id).value}%`;
  const invert = inputAt("look-invert").checked ? " invert(1)" : "";
  at("stage-frame").style.setProperty("--look", `brightness(${percent("look-brightness")}) contrast(${percent("look-contrast")})${invert}`);
  for (const name of ["box", "outline", "dendrite"]) {
    at("stage").classList.toggle(`without-${name}`, !inputAt(`look-${name}`).checked);
  }
  for (const output of parts(form(), "output[data-of]")) output.textContent = inputAt(output.dataset.of ?? "").value;
}

function keep() {
  apply();
  const values = inputs(form(), "input").map(({ id, type, checked, value }) => [id, type === "checkbox" ? checked : value]);
  localStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(values)));
}

export function listenToLook() {
  /** @type {Record<string, boolean | string>} */
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  for (const input of inputs(form(), "input")) {
    const value = kept[input.id];
    if (typeof value === "boolean") input.checked = value;
    else if (value !== undefined) input.value = value;
  }
  apply();
  form().addEventListener("input", keep);
  form().addEventListener("submit", (event) => event.preventDefault());
  form().addEventListener("reset", () => setTimeout(keep));
}
