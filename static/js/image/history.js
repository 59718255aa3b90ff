// @ts-check
// What people did to the chosen spine, asked of the server once what is being saved is saved.

import { at, part } from "../dom.js";
import { chosenSpine } from "./state.js";

const WAIT_MS = 250;

/** @param {string} address @returns {Promise<Happening[]>} Empty where it cannot be read: the spine may be gone since. */
async function read(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok ? (await answer.json()).history : [];
}

/** @param {Happening} happening */
function line({ at: when, who, what }) {
  const item = document.createElement("li");
  const time = document.createElement("time");
  time.dateTime = when;
  time.textContent = new Date(when).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  item.append(`${who} ${what} `, time);
  return item;
}

/** @param {import("./state.js").ImageStore} store */
export function showHistory(store) {
  let asked = 0;
  let shown = /** @type {number | null} */ (null);

  /** @param {SpineRow} spine @param {number} mine */
  async function show(spine, mine) {
    const history = await read(spine.history);
    if (mine !== asked) return;
    at("chosen-history").hidden = !history.length;
    part(at("chosen-history"), "ul").replaceChildren(...history.map(line));
  }

  store.watch(
    (state) => [chosenSpine(state), state.isSaving],
    (spine, isSaving) => {
      asked += 1;
      const mine = asked;
      if (spine?.id !== shown) at("chosen-history").hidden = true;
      shown = spine?.id ?? null;
      if (!spine || isSaving) return;
      setTimeout(() => mine === asked && show(spine, mine), WAIT_MS);
    },
  );
}
