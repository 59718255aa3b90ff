// @ts-check
// What changes a state into the next one. Each function gives a new state and touches neither page nor server.

import { chosenDendrite, NOTHING, rowWith, shownOf, spinesOf } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Guess} Guess */

/** No spine and no dendrite is chosen. @param {State} state @returns {State} */
export const chooseNone = (state) => ({ ...state, chosen: NOTHING, pointed: null });

/**
 * Choose a spine that is shown, or none; another id leaves all as it is. With `tells` the tip tells of it, and with
 * `anyhow` one is chosen that the filter hides.
 * @param {State} state
 * @param {number | null} id
 * @param {{follows?: boolean, tells?: boolean, anyhow?: boolean}} how
 * @returns {State}
 */
export function chooseSpine(state, id, { follows = true, tells = false, anyhow = false } = {}) {
  if (id === null) return chooseNone(state);
  if (!rowWith(anyhow ? spinesOf(state) : shownOf(state), id)) return state;
  return { ...state, chosen: { spine: id, dendrite: null, follows }, pointed: tells ? id : null };
}

/** @param {State} state @param {number | null} id @returns {State} */
export function chooseDendrite(state, id) {
  if (!rowWith(state.dendrites, id)) return chooseNone(state);
  return { ...state, chosen: { spine: null, dendrite: id, follows: false }, pointed: null };
}

/**
 * What was chosen, where that does not stand there or is not shown any more: with `goesOn` the spine that has come to
 * its place, or none.
 * @param {State} before
 * @param {State} after
 * @param {{goesOn?: boolean}} how
 * @returns {State}
 */
function settled(before, after, { goesOn = false } = {}) {
  const { spine, dendrite } = after.chosen;
  if (dendrite !== null) return chosenDendrite(after) ? after : chooseNone(after);
  if (spine === null || rowWith(shownOf(after), spine)) return after;
  if (!goesOn || !rowWith(spinesOf(after), spine)) return chooseNone(after);
  const shown = shownOf(after);
  const place = shownOf(before).findIndex(({ id }) => id === spine);
  return chooseSpine(after, (shown[place] ?? shown[0])?.id ?? null);
}

/** @param {State} state @param {Partial<State["filter"]>} change @returns {State} */
export const filterBy = (state, change) => settled(state, { ...state, filter: { ...state.filter, ...change } });

/** @param {State} state @param {Partial<State["layers"]>} change @returns {State} */
export const draw = (state, change) => ({ ...state, layers: { ...state.layers, ...change } });

/** Say something of a spine that is not saved yet. @param {State} state @param {Guess} guess @returns {State} */
export function withGuess(state, guess) {
  const next = { ...state, guesses: [...state.guesses, guess], pointed: null };
  return settled(state, next, { goesOn: true });
}

/**
 * Rows with others in their places, and new ones at the end.
 * @template {{id: number}} Row
 * @param {readonly Row[]} rows
 * @param {readonly Row[]} changed
 */
function replaced(rows, changed) {
  const byId = new Map(changed.map((row) => [row.id, row]));
  const known = new Set(rows.map(({ id }) => id));
  return [...rows.map((row) => byId.get(row.id) ?? row), ...changed.filter(({ id }) => !known.has(id))];
}

/**
 * The server has saved an edit and said what that changed; `guess` is what the page had said of it meanwhile.
 * @param {State} state
 * @param {EditAnswer} answer
 * @param {Guess | null} guess
 * @returns {State}
 */
export function withAnswer(state, answer, guess = null) {
  const guesses = guess ? state.guesses.filter((each) => each !== guess) : state.guesses;
  const others = (answer.spines ?? []).filter(({ id }) => id !== answer.spine?.id);
  const changed = answer.spine ? [...others, answer.spine] : others;
  const present = new Set([...changed.map(({ id }) => id), ...guesses.map(({ id }) => id)]);
  const spines = replaced(state.spines, changed)
    .filter(({ id }) => id !== answer.removed && (!answer.whole || present.has(id)));
  const next = {
    ...state,
    guesses,
    spines: changed.length || answer.removed !== null || answer.whole ? spines : state.spines,
    dendrites: answer.dendrites ?? state.dendrites,
    dendriteTable: answer.dendrite_table,
    review: answer.review,
    error: "",
  };
  return settled(state, next, { goesOn: true });
}

/**
 * All of the image as it is now, as others changed it: nothing that this page guessed holds.
 * @param {State} state
 * @param {ImageAnswer} answer
 * @returns {State}
 */
export function withImage(state, { spines, dendrites, dendrite_table: table, review }) {
  if (!review) return state;
  const whole = { spine: null, spines, whole: true, dendrites, dendrite_table: table ?? "", removed: null, review };
  return withAnswer({ ...state, guesses: [] }, whole);
}

/** Whether a spine's middle lies in the box of another, which it may stand for since. @param {SpineRow} spine @param {SpineRow} other */
function isAt({ box_px: [x, y, width, height] }, other) {
  const [left, top, across, down] = other.box_px;
  const [dx, dy] = [x + width / 2 - left, y + height / 2 - top];
  return dx >= 0 && dx <= across && dy >= 0 && dy <= down;
}

/**
 * An edit was not saved: its sentence is shown, what was guessed is taken back, and the spine that it was `about` is
 * chosen, or the one that stands in its place.
 * @param {State} state
 * @param {string} error
 * @param {SpineRow | null} about
 * @returns {State}
 */
export function withFailure(state, error, about) {
  const next = settled(state, { ...state, error, guesses: [] }, { goesOn: true });
  if (!about) return next;
  const there = rowWith(next.spines, about.id) ?? next.spines.find((spine) => isAt(spine, about));
  return there ? chooseSpine(next, there.id) : next;
}
