// @ts-check
// What every page has: theme choice, menus that close, dialogs that open, errors of htmx requests.

import { around, at, kindAt, part, parts, said } from "./dom.js";

const THEME_KEY = "spinula-theme";

function showTheme() {
  const theme = document.documentElement.dataset.theme ?? "system";
  for (const button of parts(document, "[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

/** @param {string} theme "system", "light" or "dark" */
function chooseTheme(theme) {
  if (theme === "system") {
    localStorage.removeItem(THEME_KEY);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(THEME_KEY, theme);
    document.documentElement.dataset.theme = theme;
  }
  showTheme();
  document.dispatchEvent(new CustomEvent("spinula:theme"));
}

/** Say a sentence to screen readers without moving focus. @param {string} sentence */
export function announce(sentence) {
  at("live").textContent = sentence;
}

/**
 * Show a sentence as a note at the top of the page, once.
 * @param {string} sentence
 * @param {"error" | "warning" | "info" | "success"} kind
 */
export function showNote(sentence, kind = "error") {
  const note = document.createElement("p");
  note.className = `note note-${kind}`;
  note.setAttribute("role", kind === "error" ? "alert" : "status");
  note.textContent = sentence;
  at("messages").replaceChildren(note);
}

const openMenus = () => /** @type {HTMLDetailsElement[]} */ (parts(document, "details.menu[open]"));

/** @param {Element | null} except */
function closeMenus(except) {
  for (const menu of openMenus()) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(around(event, "details.menu"));
  const theme = around(event, "[data-theme-choice]");
  if (theme) chooseTheme(said(theme, "themeChoice"));
  const opener = around(event, "[data-opens-dialog]");
  if (opener) {
    event.preventDefault();
    kindAt(said(opener, "opensDialog"), HTMLDialogElement).showModal();
  }
  if (around(event, "[data-closes-dialog]")) {
    event.preventDefault();
    around(event, "dialog")?.closest("dialog")?.close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const [menu] = openMenus();
  if (!menu) return;
  menu.open = false;
  part(menu, "summary").focus();
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) return;
  if (field.matches("[data-submits-form]")) field.form?.requestSubmit();
});

// A failure that the server put into words (webapp.errors) comes as a fragment for #messages.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL).pathname === "/sign-in/") {
    event.detail.shouldSwap = false;
    location.reload(); // the session has ended: sign in, then come back to this page
  }
  if (event.detail.xhr.getResponseHeader("HX-Retarget") !== "#messages") return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  showNote(
    status === 403
      ? "This session has ended or the role does not allow this. Reload the page and sign in again."
      : `The server answered ${status}. Reload the page; if it stays, tell an administrator the time and this page.`,
  );
});

document.addEventListener("htmx:sendError", () => {
  showNote("The server cannot be reached. The page tries again by itself; nothing is lost.", "warning");
});

showTheme();
