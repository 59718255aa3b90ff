// @ts-check
// The gallery of an experiment: tiles are chosen by mouse and keys, named many at once, and that is taken back as one.

import { announce, showNote } from "./base.js";
import { around, at, inputAt, kindAt, parts, said, sentenceOf } from "./dom.js";
import { listenToFrame } from "./gallery/frame.js";
import { grouped, likened, tileOf, withSaid } from "./gallery/rows.js";
import { NONE, all, clicked, framed, stepped } from "./gallery/selection.js";
import { Sheets } from "./gallery/sheets.js";
import { newKey } from "./image/keys_of_edits.js";
import { Saving } from "./image/saving.js";

/** @typedef {import("./gallery/rows.js").Tile} Tile */
/** @typedef {{bulk: string, before: readonly Tile[], ids: readonly number[]}} Act */

const LETTERS = "spinula-letter-keys";
const NO_SPINE = "not_a_spine";
const root = at("gallery");
const mayCorrect = root.dataset.answer !== undefined;
/** @type {ClassSetRow} */
const classSet = JSON.parse(at("class-set").textContent ?? "");
/** @type {Saving<BulkSaid>} */
const saving = new Saving(said(root, "csrfCookie"), (isSaving) => {
  root.dataset.saving = String(isSaving);
});

/** @type {GalleryAnswer} */
let body = { version: 0, sheets: [], images: [], spines: [] };
/** @type {readonly Tile[]} */
let tiles = [];
/** @type {number[]} */
let order = [];
let selection = NONE;
/** The order in which the tiles stand. */
let standing = "unsure";
/** @type {Act[]} */
const acts = [];

const count = (/** @type {number} */ n) => `${n.toLocaleString("en")} spine${n === 1 ? "" : "s"}`;
const styleOf = (/** @type {string} */ key) => classSet.classes.find((each) => each.key === key);

const sheets = new Sheets(root, (tile) => ({
  sheet: said(root, "sheet").replace("/0/crops-0", `/${body.sheets[tile.sheet]?.[0]}/crops-${body.sheets[tile.sheet]?.[1]}`),
  letter: styleOf(tile.shown)?.letter ?? "",
  name: styleOf(tile.shown)?.name ?? tile.shown,
  image: body.images[tile.image]?.name ?? "",
  isChosen: selection.chosen.has(tile.id),
}));

/** @param {string} key @param {Tile[]} some */
function headingOf(key, some) {
  const made = document.createElement("h2");
  made.className = "gallery-heading";
  const [first] = some;
  const called = first && {
    near: `Nearest to spine ${first.number} of ${body.images[first.image]?.name ?? ""} · ${some.length.toLocaleString("en")}`,
    twins: `Probable duplicates · ${count(some.length)}, two and two`,
  }[key];
  made.textContent = called ?? `${styleOf(key)?.name ?? key} · ${some.length.toLocaleString("en")}`;
  const choose = document.createElement("button");
  choose.type = "button";
  choose.className = "button button-small";
  choose.textContent = "Choose all";
  choose.addEventListener("click", () => choosing(all(selection, some.map(({ id }) => id))));
  if (mayCorrect) made.append(" ", choose);
  return made;
}

const LIKENESS = ["near", "strange", "twins"];
const NONE_ALIKE = { near: "No spine can be compared.", strange: "No spine is far from the others of its class.", twins: "No two boxes are near in place and alike." };

/** In the order that is chosen: at once, or as the server tells it. */
async function sort() {
  const select = kindAt("gallery-order", HTMLSelectElement);
  const keysOf = classSet.classes.map(({ key }) => key);
  if (!LIKENESS.includes(select.value)) {
    standing = select.value;
    show(grouped(tiles, /** @type {import("./gallery/rows.js").Order} */ (select.value), keysOf));
    return;
  }
  const by = /** @type {import("./gallery/rows.js").ByLikeness} */ (select.value);
  try {
    const { ids, missing } = await likenessOf(by);
    standing = by;
    show(likened(tiles, by, ids, keysOf));
    const without = missing ? ` ${count(missing)} left out: they cannot be compared yet.` : "";
    at("gallery-said").textContent = (ids.length ? "" : NONE_ALIKE[by]) + without;
    if (by === "near") root.scrollIntoView({ block: "nearest" });
  } catch (error) {
    select.value = standing;
    showNote(sentenceOf(error));
  }
}

/** @param {import("./gallery/rows.js").ByLikeness} by @returns {Promise<LikenessAnswer>} */
async function likenessOf(by) {
  if (by === "near" && selection.focus === null) throw new Error("Choose a spine first: the others are put in order by their likeness to it.");
  const of = by === "near" ? `&spine=${selection.focus}` : "";
  const answer = await fetch(`${said(root, "likeness")}&by=${by}${of}`, { headers: { Accept: "application/json" } });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/** @param {{key: string, tiles: Tile[]}[]} groups */
function show(groups) {
  order = groups.flatMap((group) => group.tiles.map(({ id }) => id));
  tiles = groupedAnew(groups.flatMap((group) => group.tiles));
  sheets.show(groups.map(({ key, tiles: some }) => ({ heading: headingOf(key, some), tiles: some })));
  choosing({ ...selection, chosen: new Set(order.filter((id) => selection.chosen.has(id))) });
}

/** In the order in which the server told them. @param {Tile[]} shown */
function groupedAnew(shown) {
  const anew = new Map(shown.map((tile) => [tile.id, tile]));
  return tiles.map((tile) => anew.get(tile.id) ?? tile);
}

/** @param {import("./gallery/selection.js").Selection} next */
function choosing(next) {
  for (const id of new Set([...selection.chosen, ...next.chosen])) {
    const element = sheets.elements.get(id);
    if (element) element.ariaChecked = String(next.chosen.has(id));
  }
  selection = next;
  root.setAttribute("aria-activedescendant", next.focus === null ? "" : `tile-${next.focus}`);
  at("gallery-chosen").textContent = next.chosen.size ? `${count(next.chosen.size)} chosen` : "None chosen";
  for (const button of parts(document, "[data-say]")) /** @type {HTMLButtonElement} */ (button).disabled = !next.chosen.size;
}

/** @param {number} by @param {boolean} ranges */
function step(by, ranges) {
  choosing(stepped(selection, order, by, ranges));
  if (selection.focus === null) return;
  sheets.reach(selection.focus)?.scrollIntoView({ block: "nearest" });
}

/** Tiles beside each other, now. */
function columns() {
  const [first, ...others] = [...sheets.elements.values()].slice(0, 60);
  const top = first?.offsetTop;
  return 1 + others.filter((other) => other.offsetTop === top && other.parentElement === first?.parentElement).length;
}

/** Show the same of many spines, as it is said. @param {readonly Tile[]} next */
function redraw(next) {
  const before = new Map(tiles.map((tile) => [tile.id, tile]));
  tiles = next;
  sheets.redraw(next.filter((tile) => before.get(tile.id) !== tile));
  kindAt("gallery-undo", HTMLButtonElement).disabled = !acts.length;
}

/** The requests of an answer: one; of a rejection one an image, as each is measured anew. @param {string} answer @param {number[]} ids */
function requestsOf(answer, ids) {
  if (answer !== NO_SPINE) return [ids];
  const imageOf = new Map(tiles.map((tile) => [tile.id, tile.image]));
  return [...new Set(ids.map((id) => imageOf.get(id)))].map((image) => ids.filter((id) => imageOf.get(id) === image));
}

/** @param {string} answer A class, `accept`, or no spine. */
async function say(answer) {
  const gone = new Set(tiles.filter(({ isGone }) => isGone).map(({ id }) => id));
  const ids = [...selection.chosen].filter((id) => !gone.has(id));
  if (!ids.length || !mayCorrect) return;
  const before = tiles;
  const bulk = newKey();
  acts.push({ bulk, before, ids });
  redraw(withSaid(tiles, new Set(ids), answer));
  announce("");
  let [left, unsure, changed] = [0, 0, 0];
  try {
    const requests = requestsOf(answer, ids);
    for (const [n, some] of requests.entries()) {
      if (requests.length > 1) at("gallery-said").textContent = `Image ${n + 1} of ${requests.length}…`;
      const fields = () => ({ answer, bulk, key: newKey(), version: String(body.version), spines: some.join(" ") });
      const done = await saving.send(said(root, "answer"), fields);
      if (!done) break;
      body = { ...body, version: done.version };
      left += done.stale + done.rejected;
      unsure += done.unsure;
      changed += done.changed.length;
    }
    const others = left ? ` ${count(left)} left as they are: somebody changed them since you saw them. Reload to see how.` : "";
    const unnamed = unsure ? ` ${count(unsure)} left: the network is unsure of them, so there is no class to accept. Give them one.` : "";
    at("gallery-said").textContent = `${count(changed)} changed.${others}${unnamed}`;
  } catch (error) {
    acts.pop();
    redraw(before);
    showNote(sentenceOf(error));
  }
}

async function undo() {
  const act = acts.pop();
  if (!act) {
    announce("Nothing is left to undo on this page.");
    return;
  }
  try {
    const done = await saving.send(said(root, "undo"), () => ({ bulk: act.bulk }));
    if (done) body = { ...body, version: done.version };
    const was = new Map(act.before.map((tile) => [tile.id, tile]));
    const back = new Set(act.ids);
    redraw(tiles.map((tile) => (back.has(tile.id) ? { ...(was.get(tile.id) ?? tile), group: tile.group } : tile)));
    at("gallery-said").textContent = `${count(done?.changed.length ?? 0)} as before.`;
  } catch (error) {
    showNote(sentenceOf(error));
  }
}

function open() {
  const tile = tiles.find(({ id }) => id === selection.focus);
  const image = tile && body.images[tile.image];
  if (image) window.open(`${said(root, "image").replace("/0/", `/${image.id}/`)}#spine-${tile.id}`, "_blank", "noopener");
}

/** @type {Record<string, (event: KeyboardEvent) => unknown>} */
const keys = {
  ArrowLeft: ({ shiftKey }) => step(-1, shiftKey),
  ArrowRight: ({ shiftKey }) => step(1, shiftKey),
  ArrowUp: ({ shiftKey }) => step(-columns(), shiftKey),
  ArrowDown: ({ shiftKey }) => step(columns(), shiftKey),
  Escape: () => choosing(NONE),
  Enter: open,
};
/** @type {Record<string, () => unknown>} */
const says = {
  " ": () => say("accept"),
  Delete: () => say(NO_SPINE),
  Backspace: () => say(NO_SPINE),
};
/** @type {Record<string, () => unknown>} */
const letters = {
  u: undo,
  ...Object.fromEntries(classSet.classes.filter(({ keyboard }) => keyboard).map(({ key, keyboard }) => [keyboard, () => say(key)])),
};

/** @param {KeyboardEvent} event */
function actOf(event) {
  const { key, ctrlKey, metaKey } = event;
  if (ctrlKey || metaKey) {
    if (key.toLowerCase() === "a") return () => choosing(all(selection, order));
    return key.toLowerCase() === "z" ? undo : null;
  }
  if (keys[key]) return () => keys[key]?.(event);
  if (!mayCorrect) return null;
  return says[key] ?? (localStorage.getItem(LETTERS) === "off" ? null : letters[key.toLowerCase()]) ?? null;
}

function listen() {
  root.addEventListener("keydown", (event) => {
    const act = event.altKey || around(event, "button") ? null : actOf(event);
    if (!act) return;
    event.preventDefault();
    void act();
  });
  root.addEventListener("click", (event) => {
    const tile = around(event, ".tile-crop");
    root.focus({ preventScroll: true });
    if (tile) choosing(clicked(selection, order, Number(tile.dataset.id), { adds: event.ctrlKey || event.metaKey, ranges: event.shiftKey }));
    else if (!around(event, "button")) choosing(NONE);
  });
  root.addEventListener("dblclick", (event) => around(event, ".tile-crop") && open());
  listenToFrame(root, () => sheets.elements.values(), (ids, adds) => choosing(framed(selection, ids, adds)));
  at("gallery-bar").addEventListener("click", (event) => {
    const button = around(event, "[data-say]");
    if (button) void say(said(button, "say"));
    if (around(event, "#gallery-undo")) void undo();
    if (around(event, "#gallery-sort")) void sort();
  });
  at("gallery-order").addEventListener("change", () => void sort());
  inputAt("gallery-large").addEventListener("change", ({ target }) => {
    root.classList.toggle("is-large", /** @type {HTMLInputElement} */ (target).checked);
  });
}

async function start() {
  const answer = await fetch(said(root, "rows"), { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error((await answer.json()).error);
  body = await answer.json();
  tiles = body.spines.map(tileOf);
  listen();
  await sort();
  root.dataset.state = "ready";
}

start().catch((error) => showNote(`The gallery could not be shown: ${sentenceOf(error)} Reload the page.`));
