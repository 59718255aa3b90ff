// What every page has: theme choice, menus that close, dialogs that open, errors of htmx requests.

const THEME_KEY = "spinula-theme";

function showTheme() {
  const theme = document.documentElement.dataset.theme ?? "system";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

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

/** Say a sentence to screen readers without moving focus. */
export function announce(sentence) {
  document.getElementById("live").textContent = sentence;
}

/** Show a sentence as a note at the top of the page, once. */
export function showNote(sentence, kind = "error") {
  const note = document.createElement("p");
  note.className = `note note-${kind}`;
  note.setAttribute("role", kind === "error" ? "alert" : "status");
  note.textContent = sentence;
  document.getElementById("messages").replaceChildren(note);
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.menu"));
  const theme = event.target.closest("[data-theme-choice]");
  if (theme) chooseTheme(theme.dataset.themeChoice);
  const opener = event.target.closest("[data-opens-dialog]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.opensDialog).showModal();
  }
  if (event.target.closest("[data-closes-dialog]")) {
    event.preventDefault();
    event.target.closest("dialog").close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits-form]")) event.target.form.requestSubmit();
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
