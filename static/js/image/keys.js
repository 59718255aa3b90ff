// Keys of the image page. Single letters can be switched off (WCAG 2.1.4); the choice is kept.

import { KEYS } from "./classes.js";

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

/** What Space and Enter would press by themselves. */
function isPressed(target) {
  return target.closest("a, button, summary, input") !== null;
}

function reviewKeys(review) {
  if (!review) return { letters: {}, others: {} };
  const { draft, dendrites } = review;
  return {
    letters: {
      ...Object.fromEntries(Object.entries(KEYS).map(([letter, name]) => [letter, () => review.classify(name)])),
      u: () => review.undo(),
      a: () => review.add(),
      l: () => dendrites.draw(),
      e: () => dendrites.extend(),
      c: () => dendrites.cut(),
    },
    others: {
      " ": () => (dendrites.isOpen ? dendrites.pen.setAtCross() : review.accept()),
      Enter: () => {
        if (dendrites.isOpen) dendrites.pen.end();
        else if (draft.isOpen && !draft.box) draft.placeInView();
      },
      Delete: () => (dendrites.isOpen ? dendrites.pen.back() : review.reject()),
      Backspace: () => (dendrites.isOpen ? dendrites.pen.back() : review.reject()),
    },
  };
}

/**
 * `step(by)` goes through spines, `stepDendrite(by)` through dendrites, `none()` chooses none, `viewport()` gives OpenSeadragon's; `review` is null for who
 * may not correct. Another image is opened when all is saved, and not when
 * something could not be.
 */
export function listenToKeys({ element, step, stepDendrite, none, viewport, review }) {
  const letters = document.getElementById("letter-keys");
  letters.checked = localStorage.getItem(SWITCH) !== "off";
  letters.addEventListener("change", () => localStorage.setItem(SWITCH, letters.checked ? "on" : "off"));

  async function open(id) {
    if (!review || (await review.saving.settled())) document.getElementById(id)?.click();
  }

  const { letters: reviewLetters, others } = reviewKeys(review);
  const actions = {
    ...reviewLetters,
    n: () => open("image-after"),
    p: () => open("image-before"),
    b: () => document.getElementById("boxes-shown").click(),
    o: () => document.getElementById("outlines-shown").click(),
    d: () => document.getElementById("dendrites-shown").click(),
    j: ({ shiftKey }) => stepDendrite(shiftKey ? -1 : 1),
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
    if (review?.dendrites.isOpen) {
      review.dendrites.pen.nudge(x, y, event.shiftKey);
    } else if (review?.draft.box) {
      review.draft.nudge(x, y, event.shiftKey);
    } else if (event.shiftKey) {
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
    } else if (others[event.key]) {
      if (isPressed(event.target) && (event.key === " " || event.key === "Enter")) return;
      event.preventDefault();
      others[event.key]();
    } else if (letters.checked && actions[event.key.toLowerCase()]) {
      event.preventDefault();
      actions[event.key.toLowerCase()](event);
    }
  });
}
