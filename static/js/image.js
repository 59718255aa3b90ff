// The image page: viewer, boxes, dendrites, filters, contrast, what is chosen, keys. Corrections are in image/review.js.

import { announce, showNote } from "./base.js";
import { inWords, showChosen } from "./image/chosen.js";
import { Contrast } from "./image/contrast.js";
import { Dendrites } from "./image/dendrites.js";
import { listenToKeys } from "./image/keys.js";
import { Overlay } from "./image/overlay.js";
import { Review } from "./image/review.js";
import { drawScaleBar } from "./image/scale_bar.js";
import { Shapes } from "./image/shapes.js";
import { putRow, rowOf } from "./image/table.js";
import { Tip } from "./image/tip.js";

const at = (id) => document.getElementById(id);
const look = at("look");
const element = at("viewer");

async function start() {
  const answer = await fetch(look.dataset.spines, { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) {
    showNote(body.error);
    return;
  }
  const { image, spines } = body;
  const contrast = new Contrast(at("contrast"), (query) => show(query));
  const viewer = OpenSeadragon({
    element,
    showNavigationControl: false,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true },
    drawer: "canvas",
    imageSmoothingEnabled: false,
    maxZoomPixelRatio: 24,
    visibilityRatio: 0.8,
    animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.4,
    tileSources: source(contrast.query),
  });
  viewer.canvas.tabIndex = -1;
  viewer.addHandler("canvas-key", (event) => {
    event.preventDefaultAction = true;
  });

  let overlay = null;
  let shapes = null;
  let dendrites = null;
  let review = null;
  let shown = spines;
  let chosen = null;
  const tip = new Tip(element, at("tip"), (spine) => overlay.placeOf(spine));
  let asked = 0;
  const byId = new Map(spines.map((spine) => [spine.id, spine]));

  function source(query) {
    return { type: "image", url: `${look.dataset.picture}?${query}`, buildPyramid: false };
  }

  function note(sentence) {
    at("viewer-note").textContent = sentence;
    at("viewer-note").hidden = !sentence;
  }

  function show(query) {
    asked += 1;
    const mine = asked;
    viewer.addTiledImage({
      tileSource: source(query),
      success: ({ item }) => {
        const { world } = viewer;
        const present = Array.from({ length: world.getItemCount() }, (_, n) => world.getItemAt(n));
        const outdated = mine === asked ? present.filter((other) => other !== item) : [item];
        for (const picture of outdated) world.removeItem(picture);
        note("");
      },
      error: () => note("The picture could not be drawn with these settings. Press Reset, or reload the page."),
    });
    linkAnnotated();
  }

  function linkAnnotated() {
    const query = contrast.query;
    for (const box of classBoxes().filter((each) => each.checked)) query.append("class", box.value);
    query.set("score", at("score").value);
    at("annotated").href = `${look.dataset.annotated}?${query}`;
  }

  const classBoxes = () => [...look.querySelectorAll('.class-list input[name="class"]')];

  /** Show what passes. Where the chosen spine does not any more, the next takes its place, or none. */
  function filter({ goOn = false } = {}) {
    const classes = new Set(classBoxes().filter((box) => box.checked).map((box) => box.value));
    const least = Number(at("score").value);
    const withRejected = at("rejected-shown").checked;
    const passes = (spine) => (spine.rejected ? withRejected : classes.has(spine.shown_class)) &&
      (spine.score === null || spine.score >= least);
    const place = shown.findIndex(({ id }) => id === chosen?.id);
    shown = overlay.filter(passes);
    shapes.filter(shown);
    at("score-value").textContent = least.toFixed(2);
    count();
    for (const spine of spines) rowOf(spine).hidden = !passes(spine);
    if (chosen && !passes(chosen)) choose(goOn ? (shown[place] ?? shown[0] ?? null) : null);
    linkAnnotated();
  }

  function count() {
    const standing = spines.filter(({ rejected }) => !rejected);
    const rejected = spines.length - standing.length;
    for (const cell of look.querySelectorAll("[data-count]")) {
      cell.textContent = standing.filter((spine) => spine.shown_class === cell.dataset.count).length.toLocaleString("en");
    }
    at("rejected-row").hidden = !rejected;
    at("rejected-count").textContent = rejected;
    at("table-count").textContent = standing.length.toLocaleString("en");
    const visible = shown.filter((spine) => !spine.rejected).length;
    at("shown-count").textContent = visible === standing.length
      ? `${visible} spine${visible === 1 ? "" : "s"}`
      : `${visible} of ${standing.length} spines shown`;
  }

  /** Spines as they are now: changed or new. */
  function put(rows) {
    if (!rows.length) return;
    for (const spine of rows) {
      const place = spines.findIndex(({ id }) => id === spine.id);
      if (place < 0) spines.push(spine);
      else spines[place] = spine;
      byId.set(spine.id, spine);
      overlay.put(spine);
      shapes.put(spine);
      putRow(spine);
    }
    const again = rows.find(({ id }) => id === chosen?.id);
    if (again) {
      chosen = again;
      overlay.choose(again);
      showChosen(again, image);
      tip.hide();
    }
    filter({ goOn: true });
    review?.show();
  }

  function drop(id) {
    if (chosen?.id === id) choose(null);
    rowOf({ id }).remove();
    spines.splice(spines.findIndex((spine) => spine.id === id), 1);
    byId.delete(id);
    overlay.drop(id);
    shapes.drop(id);
    filter();
  }

  /** The id of the shown spine that comes `by` places after the chosen one. */
  function neighbour(by) {
    if (!shown.length) return null;
    const now = shown.findIndex(({ id }) => id === chosen?.id);
    const next = now < 0 && by < 0 ? shown.length - 1 : now + by;
    return shown[(next + shown.length) % shown.length].id;
  }

  const board = {
    put,
    drop,
    neighbour,
    choose: (id) => {
      const spine = byId.get(id);
      if (id === null || shown.includes(spine)) choose(spine ?? null);
    },
    get chosen() {
      return chosen;
    },
    spines: () => spines,
    get dendrites() {
      return dendrites;
    },
  };

  function choose(spine, { move = true } = {}) {
    if (spine) dendrites.choose(null);
    if (chosen) rowOf(chosen)?.removeAttribute("aria-current");
    chosen = spine;
    overlay.choose(spine);
    shapes.choose(spine);
    showChosen(spine, image);
    review?.show();
    tip.hide();
    history.replaceState(null, "", spine ? `#spine-${spine.id}` : location.pathname + location.search);
    if (!spine) return;
    rowOf(spine).setAttribute("aria-current", "true");
    announce(inWords(spine));
    if (move) overlay.lookAt(spine);
  }

  function step(by) {
    if (!shown.length) return;
    choose(byId.get(neighbour(by)));
    tip.show(chosen);
  }

  function pointOf(event) {
    const frame = element.getBoundingClientRect();
    return new OpenSeadragon.Point(event.clientX - frame.left, event.clientY - frame.top);
  }

  function listen() {
    element.addEventListener("pointermove", (event) => {
      const isLooking = event.pointerType === "mouse" && !event.buttons && !review?.isDrawing;
      const spine = isLooking ? overlay.at(pointOf(event)) : null;
      viewer.canvas.style.cursor = spine || (isLooking && dendrites.near(pointOf(event))) ? "pointer" : "";
      if (spine) tip.show(spine);
      else tip.hide();
    });
    element.addEventListener("pointerleave", () => tip.hide());
    viewer.addHandler("canvas-click", (event) => {
      if (!event.quick || review?.isDrawing) return;
      const spine = overlay.at(event.position);
      const row = spine ? null : (dendrites.near(event.position)?.row ?? null);
      if (spine || chosen) choose(spine, { move: false });
      dendrites.choose(row);
      if (spine) tip.show(spine);
    });
    viewer.addHandler("update-viewport", () => {
      drawScaleBar(image.pixel_size_um && image.pixel_size_um / overlay.scale);
      tip.place();
    });
    at("score").addEventListener("input", () => filter());
    for (const box of [...classBoxes(), at("rejected-shown")]) box.addEventListener("change", () => filter());
    for (const [id, layer] of [["boxes", overlay], ["outlines", shapes], ["dendrites", dendrites]]) {
      at(`${id}-shown`).addEventListener("change", (event) => layer.show(event.target.checked));
    }
    at("zoom-in").addEventListener("click", () => viewer.viewport.zoomBy(1.5).applyConstraints());
    at("zoom-out").addEventListener("click", () => viewer.viewport.zoomBy(1 / 1.5).applyConstraints());
    at("zoom-home").addEventListener("click", () => viewer.viewport.goHome());
    at("spine-before").addEventListener("click", () => step(-1));
    at("spine-after").addEventListener("click", () => step(1));
    at("spine-none").addEventListener("click", () => choose(null));
    at("spine-table")?.addEventListener("click", (event) => {
      const link = event.target.closest("[data-spine]");
      if (!link) return;
      event.preventDefault();
      choose(byId.get(Number(link.dataset.spine)));
      element.scrollIntoView({ block: "nearest" });
    });
    at("dendrites")?.addEventListener("click", (event) => {
      const link = event.target.closest("[data-dendrite]");
      if (!link) return;
      event.preventDefault();
      dendrites.choose(dendrites.byId(Number(link.dataset.dendrite)));
      element.scrollIntoView({ block: "nearest" });
    });
    const none = () => {
      if (review?.escape()) return;
      dendrites.choose(null);
      choose(null);
    };
    const stepDendrite = (by) => dendrites.step(by);
    listenToKeys({ element, step, stepDendrite, none, viewport: () => viewer.viewport, review });
  }

  function chooseFromAddress() {
    dendrites.choose(dendrites.byId(Number(location.hash.replace("#dendrite-", ""))));
    const spine = byId.get(Number(location.hash.replace("#spine-", "")));
    if (!spine) return;
    choose(spine);
    window.scrollTo(0, 0);
  }

  viewer.addOnceHandler("open", () => {
    note("");
    overlay = new Overlay(viewer, image, spines);
    dendrites = new Dendrites({
      overlay,
      rows: body.dendrites,
      choosing: (row) => row && choose(null),
      changed: () => {
        at("chosen-none").hidden = Boolean(chosen || dendrites.chosen);
        review?.show();
      },
    });
    shapes = new Shapes(overlay, spines);
    const mayReview = at("review")?.dataset.undo;
    if (mayReview) review = new Review({ viewer, overlay, image, board, state: body.review });
    listen();
    filter();
    viewer.forceRedraw();
    setTimeout(chooseFromAddress);
    look.dataset.state = "ready";
  });
  viewer.addHandler("open-failed", () => note("The picture could not be drawn. Reload the page; if it stays, the stored file cannot be read."));
}

start().catch(() => showNote("The server cannot be reached, so the picture is missing. Reload the page."));
