// @ts-check
// Who else is at this image. Each open page says so now and then; what two change at once is told by the edits themselves.

import { at, said } from "../dom.js";
import { csrfToken } from "./saving.js";

const EVERY_MS = 20_000;

/** @param {string[]} others */
function show(others) {
  const note = at("others");
  const names = others.length > 1 ? `${others.slice(0, -1).join(", ")} and ${others.at(-1)}` : others[0];
  const words = others.length ? `${names} ${others.length > 1 ? "are" : "is"} at this image too. Neither loses anything: a change of what the other changed since is refused and told.` : "";
  if (note.textContent !== words) note.textContent = words;
  note.hidden = !words;
}

async function ask() {
  if (document.hidden) return;
  const headers = { "X-CSRFToken": csrfToken(said(at("others"), "csrfCookie")), Accept: "application/json" };
  const sent = fetch(said(at("others"), "present"), { method: "POST", headers, redirect: "manual" });
  const answer = await sent.catch(() => null);
  if (answer?.ok) show((await answer.json()).others);
}

/** Ask now and every 20 s while the page is seen. */
export function watchOthers() {
  if (!document.getElementById("others")) return;
  ask();
  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", ask);
}
