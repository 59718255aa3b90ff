// What changes the image page's state: choosing, filtering, edits that are under way, saved, refused or overtaken.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseDendrite, chooseNone, chooseSpine, filterBy, withAnswer, withFailure, withGuess, withImage,
} from "../../static/js/image/changes.js";
import { chosenSpine, neighbour, shownOf, spineAt, spinesOf } from "../../static/js/image/state.js";
import { answer, dendrite, page, review, spine } from "./rows.js";

const ids = (/** @type {readonly {id: number}[]} */ rows) => rows.map(({ id }) => id);
const relabelled = (/** @type {number} */ id) => ({ id, fields: { reviewed_class: "forked", shown_class: "forked" } });

test("one goes along each dendrite, then through those on none", () => {
  const on = (/** @type {number} */ id, /** @type {number} */ number, /** @type {number} */ place) => spine(id, { dendrite: number, position_px: place });
  const spines = [spine(1), on(2, 2, 10), on(3, 1, 90), on(4, 1, 5), on(5, 2, 3), spine(6)];
  assert.deepEqual(ids(shownOf({ ...page(), spines })), [4, 3, 5, 2, 1, 6]);
});

test("a spine or a dendrite is chosen, never both", () => {
  const one = chooseSpine(page(), 2, { tells: true });
  assert.deepEqual([one.chosen.spine, one.chosen.dendrite, one.pointed], [2, null, 2]);
  const other = chooseDendrite(one, 1);
  assert.deepEqual([other.chosen.spine, other.chosen.dendrite, other.pointed], [null, 1, null]);
  assert.deepEqual(chooseDendrite(other, 99).chosen, chooseNone(other).chosen);
});

test("what is hidden is chosen only where the address names it", () => {
  const filtered = filterBy(page(), { classes: ["long"] });
  assert.equal(chooseSpine(filtered, 1), filtered);
  assert.equal(chooseSpine(filtered, 1, { anyhow: true }).chosen.spine, 1);
  assert.equal(chooseSpine(filtered, 99, { anyhow: true }), filtered);
});

test("class, score and rejection filter, and what they hide is not chosen any more", () => {
  const state = chooseSpine({ ...page(), spines: [...page().spines, spine(4, { rejected: true }), spine(5, { score: null })] }, 2);
  assert.deepEqual(ids(shownOf(state)), [1, 2, 3, 5]);
  const surer = filterBy(state, { least: 0.5 });
  assert.deepEqual(ids(shownOf(surer)), [1, 3, 5], "a spine that a person added has no score");
  assert.equal(surer.chosen.spine, null);
  assert.deepEqual(ids(shownOf(filterBy(state, { withRejected: true }))), [1, 2, 3, 4, 5]);
});

test("the next one goes round the ends", () => {
  const rows = page().spines;
  assert.equal(neighbour(rows, null, 1), 1);
  assert.equal(neighbour(rows, null, -1), 3);
  assert.equal(neighbour(rows, 3, 1), 1);
  assert.equal(neighbour(rows, 1, -1), 3);
  assert.equal(neighbour([], null, 1), null);
});

test("the smallest box under the pointer is meant, as long as boxes are drawn", () => {
  const state = { ...page(), spines: [spine(1, { box_px: [0, 0, 100, 100] }), spine(2, { box_px: [40, 40, 10, 10] })] };
  assert.equal(spineAt(state, [45, 45], 0)?.id, 2);
  assert.equal(spineAt(state, [10, 10], 0)?.id, 1);
  assert.equal(spineAt(state, [103, 50], 2), null);
  assert.equal(spineAt(state, [103, 50], 4)?.id, 1);
  assert.equal(spineAt({ ...state, layers: { ...state.layers, boxes: false } }, [45, 45], 0), null);
});

test("an edit is shown at once over what the server said, and gone when the server has said it", () => {
  const guess = relabelled(1);
  const guessed = withGuess(page(), guess);
  assert.equal(spinesOf(guessed)[0]?.shown_class, "forked");
  assert.equal(guessed.spines[0]?.shown_class, "round");
  const saved = withAnswer(guessed, answer({ spine: spine(1, { reviewed_class: "forked", shown_class: "forked" }) }), guess);
  assert.deepEqual(saved.guesses, []);
  assert.equal(spinesOf(saved)[0]?.shown_class, "forked");
  assert.equal(saved.review?.version, 2);
});

test("of two edits of a spine the later stays shown while the earlier one is answered", () => {
  const [first, second] = [relabelled(1), { id: 1, fields: { reviewed_class: "long", shown_class: "long" } }];
  const both = withGuess(withGuess(page(), first), second);
  const between = withAnswer(both, answer({ spine: spine(1, { reviewed_class: "forked", shown_class: "forked" }) }), first);
  assert.equal(spinesOf(between)[0]?.shown_class, "long");
  assert.deepEqual(between.guesses, [second]);
});

test("a rejected spine leaves its place to the next one", () => {
  const rejected = (/** @type {number} */ id) => withGuess(chooseSpine(page(), id), { id, fields: { rejected: true } });
  assert.equal(rejected(2).chosen.spine, 3);
  assert.equal(rejected(3).chosen.spine, 1);
});

test("an answer touches the rows that it names, and no other is drawn again", () => {
  const state = page();
  const saved = withAnswer(state, answer({ spine: spine(2, { number: 20 }), spines: [spine(3, { number: 30 })] }));
  assert.equal(saved.spines[0], state.spines[0]);
  assert.deepEqual(saved.spines.map(({ number }) => number), [1, 20, 30]);
  assert.equal(saved.dendrites, state.dendrites);
  const marked = withAnswer(state, answer());
  assert.equal(marked.spines, state.spines);
});

test("an added spine comes last, a removed one goes and is not chosen any more", () => {
  const added = withAnswer(page(), answer({ spine: spine(9) }));
  assert.deepEqual(ids(added.spines), [1, 2, 3, 9]);
  const removed = withAnswer(chooseSpine(added, 9), answer({ removed: 9 }));
  assert.deepEqual(ids(removed.spines), [1, 2, 3]);
  assert.equal(removed.chosen.spine, null);
});

test("a whole answer is all there is, but for what is still on its way", () => {
  const guessed = withGuess(page(), relabelled(3));
  const whole = withAnswer(guessed, answer({ whole: true, spines: [spine(1)], dendrites: [dendrite(2)] }));
  assert.deepEqual(ids(whole.spines), [1, 3]);
  assert.deepEqual(ids(whole.dendrites), [2]);
  assert.equal(withAnswer(chooseDendrite(page(), 1), answer({ whole: true, spines: [], dendrites: [dendrite(2)] })).chosen.dendrite, null);
});

test("what could not be saved is put back, chosen again and told", () => {
  const guessed = withGuess(chooseSpine(page(), 1), relabelled(1));
  const failed = withFailure(chooseSpine(guessed, 3), "Not saved.", guessed.spines[0] ?? null);
  assert.equal(failed.error, "Not saved.");
  assert.equal(chosenSpine(failed)?.shown_class, "round");
  assert.equal(failed.chosen.spine, 1);
  assert.equal(withAnswer(failed, answer()).error, "");
});

test("after a new analysis the spine in the same place is meant", () => {
  const about = spine(1);
  const behind = withGuess(chooseSpine(page(), 1), relabelled(1));
  const now = { ...page(), spines: [spine(11, { box_px: [104, 53, 18, 18] }), spine(12)], review: review({ result: 8 }) };
  const caughtUp = withImage(behind, now);
  assert.deepEqual([ids(caughtUp.spines), caughtUp.guesses, caughtUp.review?.result], [[11, 12], [], 8]);
  assert.equal(withFailure(caughtUp, "Analysed again.", about).chosen.spine, 11);
  assert.equal(withFailure(caughtUp, "Analysed again.", spine(70)).chosen.spine, null);
});
