// @ts-check
// What the image page knows, all of it, and what follows from it. Plain data: changes.js makes the next state of one.

/**
 * What was said of a spine on this page and is not saved yet; shown over what the server last said.
 * @typedef {{id: number, fields: Partial<SpineRow>}} Guess
 */

/**
 * The spine or the dendrite that is chosen, or none; `follows` where it is to be brought into view.
 * @typedef {{spine: number | null, dendrite: number | null, follows: boolean}} Chosen
 */

/** @typedef {{classes: readonly string[], least: number, withRejected: boolean}} Filter */

/**
 * A box that is being added, or set anew where it is `of` a spine. Sent twice with its key, it is one edit.
 * @typedef {{key: string, box: Box | null, of: number | null}} Draft
 */

/** @typedef {"draw" | "extend" | "cut" | "merge" | "split" | "join" | "base" | "give"} Tool */

/**
 * A line that is being drawn, or a place that is being looked for. `row` is the dendrite that it extends.
 * `ways` are the legs that follow the ridge, by the point that each leads to.
 * @typedef {{tool: Tool, row: DendriteRow | null, points: readonly Point[], cursor: Point | null, byKeys: boolean, ways: ReadonlyMap<Point, readonly Point[]>}} Pen
 */

/** @typedef {{points: readonly Point[], radius_px: number, erases: boolean}} Stroke Of a round brush. */

/**
 * An outline that is being set, `of` a spine. `strokes` are painted and not yet in the points, `chosen` is the point that
 * keys move, `told` what the server says it measures, `before` the points to go back to.
 * @typedef {object} Contour
 * @property {number} of
 * @property {string} key
 * @property {"brush" | "points"} mode
 * @property {readonly Point[]} points
 * @property {readonly Stroke[]} strokes
 * @property {boolean} erases
 * @property {number} radius_px
 * @property {number | null} chosen
 * @property {Point | null} cursor
 * @property {boolean} byKeys
 * @property {SketchRow | null} told
 * @property {readonly (readonly Point[])[]} before
 */

/**
 * The points of a dendrite that are being set, `of` it; `chosen` is the one that keys move, `before` and `after` the points to
 * go back and forward to.
 * @typedef {{of: number, points: readonly Point[], chosen: number, before: readonly (readonly Point[])[], after: readonly (readonly Point[])[]}} Knots
 */

/**
 * @typedef {object} State
 * @property {ImageRow} image
 * @property {ClassSetRow} classSet
 * @property {readonly SpineRow[]} spines As the server last said, in the order of the table.
 * @property {readonly Guess[]} guesses
 * @property {readonly DendriteRow[]} dendrites
 * @property {string | null} dendriteTable As the server wrote it since; null while it is that of the page.
 * @property {ReviewRow | null} review Null where there is no result.
 * @property {Chosen} chosen
 * @property {number | null} pointed The spine that the tip tells of.
 * @property {Filter} filter
 * @property {{boxes: boolean, outlines: boolean, dendrites: boolean}} layers What is drawn.
 * @property {string} picture The query of the picture: its contrast, channel and plane.
 * @property {Draft | null} draft
 * @property {Pen | null} pen
 * @property {Contour | null} contour
 * @property {Knots | null} knots
 * @property {boolean} followsRidge Whether lines that are drawn follow the ridge between clicks.
 * @property {boolean} isSaving
 * @property {string} error The sentence of the last edit that could not be saved.
 */

/** @typedef {import("./store.js").Store<State>} ImageStore */

export const UNCERTAIN = "uncertain";
export const CANNOT_SAY = "cannot_say";

/** The class under which a spine counts of which a person says this. @param {string} answer */
export const shownAs = (answer) => (answer === CANNOT_SAY ? UNCERTAIN : answer);

/** @type {Chosen} */
export const NOTHING = { spine: null, dendrite: null, follows: false };

/**
 * @param {ImageAnswer} answer
 * @param {{classSet: ClassSetRow, filter: Filter, layers: State["layers"], picture: string}} page
 * @returns {State}
 */
export function initialState({ image, review, spines, dendrites }, page) {
  return {
    ...page,
    image,
    review,
    spines,
    dendrites,
    guesses: [],
    dendriteTable: null,
    chosen: NOTHING,
    pointed: null,
    draft: null,
    pen: null,
    contour: null,
    knots: null,
    followsRidge: false,
    isSaving: false,
    error: "",
  };
}

/**
 * The same answer as long as the arguments are the same ones.
 * @template {readonly unknown[]} Given
 * @template Answer
 * @param {(...given: Given) => Answer} make
 * @returns {(...given: Given) => Answer}
 */
function kept(make) {
  /** @type {{given: Given, answer: Answer} | null} */
  let last = null;
  return (...given) => {
    if (!last?.given.every((each, n) => each === given[n])) last = { given, answer: make(...given) };
    return last.answer;
  };
}

const guessedOver = kept((/** @type {State["spines"]} */ spines, /** @type {State["guesses"]} */ guesses) => {
  if (!guesses.length) return spines;
  /** @type {Map<number, Partial<SpineRow>>} */
  const fields = new Map();
  for (const guess of guesses) fields.set(guess.id, { ...fields.get(guess.id), ...guess.fields });
  return spines.map((spine) => (fields.has(spine.id) ? { ...spine, ...fields.get(spine.id) } : spine));
});

const toldOver = kept((/** @type {readonly SpineRow[]} */ spines, /** @type {number | undefined} */ of, /** @type {SketchRow | null | undefined} */ told) =>
  (told ? spines.map((spine) => (spine.id === of ? { ...spine, ...told } : spine)) : spines));

/** All spines as the page shows them, the rejected too. @param {State} state */
export const spinesOf = (state) => toldOver(guessedOver(state.spines, state.guesses), state.contour?.of, state.contour?.told);

/** @param {SpineRow} spine @param {Filter} filter */
function passes(spine, { classes, least, withRejected }) {
  const isAsked = spine.rejected ? withRejected : classes.includes(spine.shown_class);
  return isAsked && (spine.score === null || spine.score >= least);
}

/** Along one dendrite, then the next; those on none come last, as they are numbered. @param {SpineRow} one @param {SpineRow} other */
const alongDendrites = (one, other) =>
  (one.dendrite ?? Infinity) - (other.dendrite ?? Infinity) || (one.position_px ?? 0) - (other.position_px ?? 0) || one.number - other.number;

const passing = kept((/** @type {readonly SpineRow[]} */ spines, /** @type {Filter} */ filter) =>
  spines.filter((spine) => passes(spine, filter)).sort(alongDendrites));

/** Those that the filter lets through, in the order in which one goes through them. @param {State} state */
export const shownOf = (state) => passing(spinesOf(state), state.filter);

/** @template {{id: number}} Row @param {readonly Row[]} rows @param {number | null} id */
export const rowWith = (rows, id) => rows.find((row) => row.id === id) ?? null;

/** @param {State} state */
export const chosenSpine = (state) => rowWith(spinesOf(state), state.chosen.spine);

/** @param {State} state */
export const chosenDendrite = (state) => rowWith(state.dendrites, state.chosen.dendrite);

/** Whether a box, a line or an outline is being drawn: clicks are not for choosing then. @param {State} state */
export const isDrawing = (state) => Boolean(state.draft ?? state.pen ?? state.contour ?? state.knots);

/** Whatever is being drawn is given up. @param {State} state @returns {State} */
export const withoutDrawing = (state) => ({ ...state, draft: null, pen: null, contour: null, knots: null });

/**
 * The id of the row that comes `by` places after one of them, round the ends; of the first or last where none is chosen.
 * @param {readonly {id: number}[]} rows
 * @param {number | null} id
 * @param {number} by
 */
export function neighbour(rows, id, by) {
  const now = rows.findIndex((row) => row.id === id);
  const next = now < 0 && by < 0 ? rows.length - 1 : now + by;
  return rows[(next + rows.length) % rows.length]?.id ?? null;
}

/**
 * The smallest shown spine whose box, with some slack, holds a place of the image; null where boxes are not drawn.
 * @param {State} state
 * @param {Point} place
 * @param {number} slack_px
 */
export function spineAt(state, [x, y], slack_px) {
  if (!state.layers.boxes) return null;
  const hit = shownOf(state).filter(({ box_px: [left, top, width, height] }) =>
    x >= left - slack_px && x <= left + width + slack_px && y >= top - slack_px && y <= top + height + slack_px);
  return hit.sort((a, b) => a.box_px[2] * a.box_px[3] - b.box_px[2] * b.box_px[3])[0] ?? null;
}
