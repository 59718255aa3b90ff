// @ts-check
// Contrast, filters and layers stay from image to image of an experiment, as long as the tab is open.

import { at, inputs, said } from "../dom.js";

const OF_THE_IMAGE = new Set(["plane"]); // another image has others

/** @param {HTMLInputElement} input */
const nameOf = ({ id, name, value, type }) => id || (type === "checkbox" ? `${name}=${value}` : name);

/** @param {HTMLInputElement} input */
const isChecked = ({ type }) => type === "checkbox";

const controls = () =>
  inputs(at("look"), "input[type=checkbox], input[type=range]").filter(({ name }) => !OF_THE_IMAGE.has(name));

const key = () => `spinula-look-${said(at("look"), "experiment")}`;

function keep() {
  const values = controls().map((input) => [nameOf(input), isChecked(input) ? input.checked : input.value]);
  sessionStorage.setItem(key(), JSON.stringify(Object.fromEntries(values)));
}

/** Put the controls as they were left at the last image, before anything is drawn by them; from here on they are kept. */
export function keepLook() {
  /** @type {Record<string, boolean | string>} */
  const kept = JSON.parse(sessionStorage.getItem(key()) ?? "{}");
  for (const input of controls()) {
    const value = kept[nameOf(input)];
    if (typeof value === "boolean") input.checked = value;
    else if (value !== undefined) input.value = value;
  }
  for (const name of ["input", "change", "reset"]) at("look").addEventListener(name, () => setTimeout(keep));
}
