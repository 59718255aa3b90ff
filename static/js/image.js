// The image page: viewer, boxes, filters, contrast, the chosen spine, keys.

import { announce, showNote } from "./base.js";
import { inWords, showChosen, tipLines } from "./image/chosen.js";
import { Contrast } from "./image/contrast.js";
import { listenToKeys } from "./image/keys.js";
import { Overlay } from "./image/overlay.js";
import { drawScaleBar } from "./image/scale_bar.js";

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
  let shown = spines;
  let chosen = null;
  let tipped = null;
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

  function filter() {
    const classes = new Set(classBoxes().filter((box) => box.checked).map((box) => box.value));
    const least = Number(at("score").value);
    const passes = (spine) => classes.has(spine.shown_class) && spine.score >= least;
    shown = overlay.filter(passes);
    at("score-value").textContent = least.toFixed(2);
    at("shown-count").textContent = shown.length === spines.length
      ? `${spines.length} spine${spines.length === 1 ? "" : "s"}`
      : `${shown.length} of ${spines.length} spines shown`;
    for (const spine of spines) at(`spine-${spine.id}`).hidden = !passes(spine);
    if (chosen && !passes(chosen)) choose(null);
    linkAnnotated();
  }

  function choose(spine, { move = true } = {}) {
    if (chosen) at(`spine-${chosen.id}`).removeAttribute("aria-current");
    chosen = spine;
    overlay.choose(spine);
    showChosen(spine, image);
    hideTip();
    history.replaceState(null, "", spine ? `#spine-${spine.id}` : location.pathname + location.search);
    if (!spine) return;
    at(`spine-${spine.id}`).setAttribute("aria-current", "true");
    announce(inWords(spine));
    if (move) overlay.lookAt(spine);
  }

  function step(by) {
    if (!shown.length) return;
    const now = shown.indexOf(chosen);
    const next = now < 0 && by < 0 ? shown.length - 1 : now + by;
    choose(shown[(next + shown.length) % shown.length]);
    showTip(chosen);
  }

  function showTip(spine) {
    tipped = spine;
    const tip = at("tip");
    tip.replaceChildren(...tipLines(spine).map((line) => {
      const row = document.createElement("span");
      row.textContent = line;
      return row;
    }));
    tip.hidden = false;
    placeTip();
  }

  function placeTip() {
    if (!tipped) return;
    const tip = at("tip");
    const box = overlay.placeOf(tipped);
    const x = Math.min(Math.max(box.x, 4), element.clientWidth - tip.offsetWidth - 4);
    const above = box.y - tip.offsetHeight - 20;
    const y = above > 4 ? above : Math.min(box.y + box.height + 6, element.clientHeight - tip.offsetHeight - 4);
    tip.style.transform = `translate(${Math.max(4, x)}px, ${y}px)`;
  }

  function hideTip() {
    tipped = null;
    at("tip").hidden = true;
  }

  function pointOf(event) {
    const frame = element.getBoundingClientRect();
    return new OpenSeadragon.Point(event.clientX - frame.left, event.clientY - frame.top);
  }

  function listen() {
    element.addEventListener("pointermove", (event) => {
      const spine = event.pointerType === "mouse" && !event.buttons ? overlay.at(pointOf(event)) : null;
      viewer.canvas.style.cursor = spine ? "pointer" : "";
      if (spine) showTip(spine);
      else hideTip();
    });
    element.addEventListener("pointerleave", hideTip);
    viewer.addHandler("canvas-click", (event) => {
      if (!event.quick) return;
      const spine = overlay.at(event.position);
      if (spine || chosen) choose(spine, { move: false });
      if (spine) showTip(spine);
    });
    viewer.addHandler("update-viewport", () => {
      drawScaleBar(image.pixel_size_um && image.pixel_size_um / overlay.scale);
      placeTip();
    });
    at("score").addEventListener("input", filter);
    for (const box of classBoxes()) box.addEventListener("change", filter);
    at("boxes-shown").addEventListener("change", (event) => overlay.show(event.target.checked));
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
    listenToKeys({ element, step, none: () => choose(null), viewport: () => viewer.viewport });
  }

  function chooseFromAddress() {
    const spine = byId.get(Number(location.hash.replace("#spine-", "")));
    if (!spine) return;
    choose(spine);
    window.scrollTo(0, 0);
  }

  viewer.addOnceHandler("open", () => {
    note("");
    overlay = new Overlay(viewer, image, spines);
    listen();
    filter();
    viewer.forceRedraw();
    setTimeout(chooseFromAddress);
    look.dataset.state = "ready";
  });
  viewer.addHandler("open-failed", () => note("The picture could not be drawn. Reload the page; if it stays, the stored file cannot be read."));
}

start().catch(() => showNote("The server cannot be reached, so the picture is missing. Reload the page."));
