// @ts-check
// The image page: what the server says of the image becomes the state of a store (image/state.js); all parts of the page
// follow it, and what people do changes it (image/changes.js). Corrections are in image/edits.js.

import { showNote } from "./base.js";
import { at, said } from "./dom.js";
import { drawSpines } from "./image/boxes.js";
import { chooseDendrite, chooseNone, chooseSpine } from "./image/changes.js";
import { showChosen } from "./image/chosen.js";
import { drawPicture, fetchNext, listenToContrast, note, pictureOfPage, source } from "./image/contrast.js";
import { dendriteNear, drawDendrites, followInDendriteTable } from "./image/dendrites.js";
import { listenToDrafts } from "./image/draft.js";
import { Edits } from "./image/edits.js";
import { filterOfPage, layersOfPage, listenToFilters, listenToStrength } from "./image/filters.js";
import { showHistory } from "./image/history.js";
import { keepLook } from "./image/kept_look.js";
import { listenToKeys, zoom } from "./image/keys.js";
import { showReview } from "./image/review_bar.js";
import { drawScaleBar } from "./image/scale_bar.js";
import { listenToGrips } from "./image/reshape.js";
import { Scene } from "./image/scene.js";
import { initialState, isDrawing, neighbour, shownOf, spineAt } from "./image/state.js";
import { Store } from "./image/store.js";
import { followInTable } from "./image/table.js";
import { showTip } from "./image/tip.js";
import { openViewer } from "./image/viewer.js";
import { watchOthers } from "./image/presence.js";

/** @typedef {import("./image/state.js").ImageStore} ImageStore */

const SLACK_PX = 4;
const MAPPED_FROM_PX = 2048;
const CANNOT = "The picture could not be drawn. Reload the page; if it stays, the stored file cannot be read.";

/** Pointing and clicking in the picture. @param {ImageStore} store @param {Scene} scene */
function listenToPicture(store, scene) {
  const { viewer } = scene;
  const spineOf = (/** @type {Point} */ place) => spineAt(store.state, place, SLACK_PX / scene.scale)?.id ?? null;
  const dendriteOf = (/** @type {Point} */ place) => dendriteNear(store.state, place, scene.scale)?.id ?? null;
  const point = (/** @type {number | null} */ id) => {
    if (store.state.pointed !== id) store.update((state) => ({ ...state, pointed: id }));
  };
  viewer.element.addEventListener("pointermove", (event) => {
    const isLooking = event.pointerType === "mouse" && !event.buttons && !isDrawing(store.state);
    const place = scene.ofPointer(event);
    const spine = isLooking ? spineOf(place) : null;
    viewer.canvas.style.cursor = spine !== null || (isLooking && dendriteOf(place) !== null) ? "pointer" : "";
    point(spine);
  });
  viewer.element.addEventListener("pointerleave", () => point(null));
  viewer.addHandler("canvas-click", (event) => {
    if (!event.quick || isDrawing(store.state)) return;
    const place = scene.inImage(event.position);
    const [spine, dendrite] = [spineOf(place), dendriteOf(place)];
    store.update((state) => {
      if (spine !== null) return chooseSpine(state, spine, { follows: false, tells: true });
      return dendrite === null ? chooseNone(state) : chooseDendrite(state, dendrite);
    });
  });
}

/** Going from one to the next, by buttons and by keys. @param {ImageStore} store @param {Scene} scene @param {Edits | null} edits */
function listenToMoves(store, scene, edits) {
  const { viewport } = scene.viewer;
  const none = () => {
    if (!edits?.escape()) store.update(chooseNone);
  };
  const step = (/** @type {number} */ by) => store.update((state) => {
    const next = neighbour(shownOf(state), state.chosen.spine, by);
    return next === null ? state : chooseSpine(state, next);
  });
  const stepDendrite = (/** @type {number} */ by) => store.update((state) => {
    const next = neighbour(state.dendrites, state.chosen.dendrite, by);
    return next === null ? state : chooseDendrite(state, next);
  });
  /** @type {Record<string, () => void>} */
  const acts = {
    "zoom-in": () => zoom(viewport, 1.5),
    "zoom-out": () => zoom(viewport, 1 / 1.5),
    "zoom-home": () => viewport.goHome(),
    "spine-before": () => step(-1),
    "spine-after": () => step(1),
    "spine-none": () => store.update(chooseNone),
  };
  for (const [id, act] of Object.entries(acts)) at(id).addEventListener("click", act);
  listenToKeys(scene, store.state.classSet, edits, { step, stepDendrite, none });
}

/** What the address names is chosen: a rejected spine too. @param {ImageStore} store */
function chooseFromAddress(store) {
  const [, kind, id] = /^#(spine|dendrite)-(\d+)$/.exec(location.hash) ?? [];
  if (kind === "dendrite") store.update((state) => chooseDendrite(state, Number(id)));
  if (kind !== "spine") return;
  store.update((state) => chooseSpine(state, Number(id), { anyhow: true }));
  if (store.state.chosen.spine !== null) window.scrollTo(0, 0);
}

/** @param {ImageStore} store @param {Scene} scene */
function show(store, scene) {
  drawDendrites(store, scene);
  drawSpines(store, scene);
  drawScaleBar(scene);
  followInTable(store);
  followInDendriteTable(store);
  listenToFilters(store);
  listenToStrength(scene);
  showChosen(store, scene);
  showHistory(store);
  showTip(store, scene);
  drawPicture(store, scene.viewer);
  listenToContrast(store);
  listenToPicture(store, scene);
  const mayCorrect = at("look").querySelector("#review[data-undo]") !== null;
  const edits = mayCorrect ? new Edits(store, scene) : null;
  if (edits) {
    listenToDrafts(store, scene);
    listenToGrips(store, scene, () => edits.saveBox());
    showReview(store, edits);
  }
  listenToMoves(store, scene, edits);
}

async function start() {
  const answer = await fetch(said(at("look"), "spines"), { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) {
    showNote(body.error);
    return;
  }
  keepLook();
  watchOthers();
  const classSet = JSON.parse(at("class-set").textContent);
  const page = { classSet, filter: filterOfPage(), layers: layersOfPage(), picture: pictureOfPage() };
  /** @type {ImageStore} */
  const store = new Store(initialState(body, page));
  const { width_px, height_px } = store.state.image;
  const hasMap = Math.max(width_px, height_px) >= MAPPED_FROM_PX;
  const viewer = openViewer(at("viewer"), source(store.state.picture), () => note(CANNOT), { hasMap });
  viewer.addOnceHandler("open", () => {
    note("");
    show(store, new Scene(viewer, store.state.image));
    viewer.forceRedraw();
    setTimeout(() => chooseFromAddress(store));
    at("look").dataset.state = "ready";
    fetchNext(store);
  });
}

start().catch(() => showNote("The server cannot be reached, so the picture is missing. Reload the page."));
