// @ts-check
// Contrast, channel and projection: the server draws the picture anew, the old one stays until it has come.

import { at, inputs, kindAt, maybeAt, part, parts, said } from "../dom.js";

const WAIT_MS = 150;

/** Decimals of what a slider says. @type {Record<string, number>} */
const DECIMALS = { low: 1, high: 1, gamma: 2, plane: 0 };

const form = () => kindAt("contrast", HTMLFormElement);

/** What picture.png and annotated.png take, as the page's controls say it. */
export function pictureOfPage() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form())) query.set(name, String(value));
  const plane = query.get("plane");
  if (plane) query.set("plane", String(Number(plane) - 1));
  return query.toString();
}

function say() {
  for (const output of parts(form(), "output[data-of]")) {
    const name = output.dataset.of ?? "";
    const [slider] = inputs(form(), `input[name="${name}"]`);
    output.textContent = Number(slider?.value).toFixed(DECIMALS[name]);
  }
  const projection = form().elements.namedItem("projection");
  if (projection instanceof HTMLSelectElement) part(form(), "#plane-row").hidden = projection.value !== "plane";
}

/** The picture follows a moment after the last change. @param {import("./state.js").ImageStore} store */
export function listenToContrast(store) {
  let timer = 0;
  const soon = () => {
    say();
    clearTimeout(timer);
    timer = setTimeout(() => store.update((state) => ({ ...state, picture: pictureOfPage() })), WAIT_MS);
  };
  form().addEventListener("input", soon);
  form().addEventListener("reset", () => setTimeout(soon));
  form().addEventListener("submit", (event) => event.preventDefault());
  say();
}

/** @param {string} query */
export const source = (query) => ({ type: "image", url: `${at("look").dataset.picture}?${query}`, buildPyramid: false });

/** @param {string} sentence Where the picture is to be; empty takes it away. */
export function note(sentence) {
  at("viewer-note").textContent = sentence;
  at("viewer-note").hidden = !sentence;
}

/** The next image's picture is made and fetched while this one is looked at. @param {import("./state.js").ImageStore} store */
export function fetchNext(store) {
  const next = maybeAt("image-after");
  if (next) setTimeout(() => (new Image().src = `${said(next, "picture")}?${store.state.picture}`), WAIT_MS);
}

/** Show the picture of the state's query in place of the one before. @param {import("./state.js").ImageStore} store @param {import("openseadragon").Viewer} viewer */
export function drawPicture(store, viewer) {
  let asked = 0;
  store.onChange(({ picture }) => [picture], (picture) => {
    asked += 1;
    const mine = asked;
    viewer.addTiledImage({
      tileSource: source(picture),
      success: (event) => {
        const { item } = /** @type {{item: import("openseadragon").TiledImage}} */ (/** @type {unknown} */ (event));
        const { world } = viewer;
        const present = Array.from({ length: world.getItemCount() }, (_, n) => world.getItemAt(n));
        for (const outdated of mine === asked ? present.filter((other) => other !== item) : [item]) world.removeItem(outdated);
        note("");
      },
      error: () => note("The picture could not be drawn with these settings. Press Reset, or reload the page."),
    });
  });
}
