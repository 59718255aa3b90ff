// Keys of the image page. Single letters can be switched off (WCAG 2.1.4); the choice is kept.

const SWITCH = "spinula-letter-keys";
const PAN_PX = 80;

const ARROWS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=range]), select, textarea, dialog[open]") !== null;
}

/** `step(by)` goes through spines, `none()` chooses none, `viewport()` gives OpenSeadragon's. */
export function listenToKeys({ element, step, none, viewport }) {
  const letters = document.getElementById("letter-keys");
  letters.checked = localStorage.getItem(SWITCH) !== "off";
  letters.addEventListener("change", () => localStorage.setItem(SWITCH, letters.checked ? "on" : "off"));

  const actions = {
    n: () => document.getElementById("image-after")?.click(),
    p: () => document.getElementById("image-before")?.click(),
    b: () => document.getElementById("boxes-shown").click(),
    "?": () => document.getElementById("keys").showModal(),
    "+": () => viewport().zoomBy(1.5).applyConstraints(),
    "=": () => viewport().zoomBy(1.5).applyConstraints(),
    "-": () => viewport().zoomBy(1 / 1.5).applyConstraints(),
    0: () => viewport().goHome(),
  };

  function arrow(event) {
    if (event.target.matches("input")) return;
    const [x, y] = ARROWS[event.key];
    const inPicture = element.contains(event.target);
    if (event.shiftKey) {
      viewport().panBy(viewport().deltaPointsFromPixels(new OpenSeadragon.Point(x * PAN_PX, y * PAN_PX)));
      viewport().applyConstraints();
    } else if (x || inPicture) {
      step(x + y);
    } else {
      return;
    }
    event.preventDefault();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    if (event.key in ARROWS) {
      arrow(event);
    } else if (event.key === "Escape") {
      none();
    } else if (letters.checked && actions[event.key.toLowerCase()]) {
      event.preventDefault();
      actions[event.key.toLowerCase()]();
    }
  });
}
