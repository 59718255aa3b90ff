// The steps of the review queue: answers go on, going back and anew, what is left open comes last, what fails comes back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY, answered, moved, openOf, saidOf, stepOf, withBatch, without, withoutAnswer, withSaid } from "../../static/js/review/hand.js";
import { paceInWords, paceOf } from "../../static/js/review/pace.js";

/** @param {number} id @returns {QueueStep} */
const step = (id, said = "") => ({
  ...{ id, number: id, image: "a.tif", page: "/", pixel_size_um: null, version: 1, picture: `/${id}.png` },
  ...{ window_px: [0, 0, 9, 9], box_px: [3, 3, 3, 3], outline_px: null, dendrites_px: [] },
  ...{ said, network: "round", uncertain: false, sureness: 0.9, rule: null },
});
/** @param {number[]} ids @param {Partial<QueueProgressRow>} progress */
const batch = (ids, progress = {}) => ({ steps: ids.map((id) => step(id)), progress: { total: 9, answered: 2, passed: 1, ...progress } });
const three = () => withBatch(EMPTY, batch([1, 2, 3]), true);

test("an answer goes to the next step and counts once", () => {
  const one = answered(three(), "round");
  assert.equal(stepOf(one)?.id, 2);
  assert.equal(one.answered, 4);
  const again = answered(moved(one, -1), "long");
  assert.deepEqual([stepOf(again)?.id, again.answered, saidOf(again, step(1))], [2, 4, "long"]);
});

test("what was left open comes when the rest is done", () => {
  const done = answered(answered(moved(three(), 1), "round"), "round");
  assert.equal(stepOf(done)?.id, 1);
  assert.deepEqual(openOf(done).map(({ id }) => id), [1]);
  assert.equal(stepOf(answered(done, "long")), null);
  assert.equal(moved(three(), -1).at, 0);
});

test("on without an answer waits for more, and goes round where there are no more", () => {
  const last = moved(moved(three(), 1), 1);
  assert.equal(moved(last, 1), last, "more may come");
  const more = withBatch(last, batch([4]), true);
  assert.equal(stepOf(moved(more, 1))?.id, 4);
  assert.equal(stepOf(moved(withBatch(last, batch([]), true), 1))?.id, 1);
  const full = withBatch(EMPTY, batch(Array.from({ length: 120 }, (_, n) => n + 1)), true);
  assert.equal(stepOf(moved({ ...full, at: 119 }, 1))?.id, 1, "no more are asked for");
});

test("a batch brings what is not there yet, and a count only where nothing is under way", () => {
  const more = withBatch(answered(three(), "round"), batch([3, 4], { answered: 8 }), false);
  assert.deepEqual([more.steps.length, more.answered, more.isOver], [4, 4, false]);
  assert.deepEqual([withBatch(more, batch([]), true).answered, withBatch(more, batch([]), true).isOver], [3, true]);
});

test("what could not be saved is shown again, what others changed is left out", () => {
  const two = answered(answered(three(), "round"), "round");
  const back = withoutAnswer(two, 1);
  assert.deepEqual([stepOf(back)?.id, back.answered, saidOf(back, step(1))], [1, 4, ""]);
  assert.deepEqual(without(two, 1).steps.map(({ id }) => id), [2, 3]);
  assert.equal(stepOf(without(two, 1))?.id, 3);
  assert.equal(withSaid(two, { id: 2, said: "long", version: 7 }).steps[1]?.version, 7);
});

test("pace leaves pauses out and says how long the rest takes", () => {
  assert.equal(paceOf([0, 1000]), null);
  const pace = paceOf([0, 1000, 3000, 103000, 106000]);
  assert.equal(pace, 2000);
  assert.equal(paceInWords(pace, 60), "2.0 s a spine, about 2 min left");
  assert.equal(paceInWords(pace, 5), "2.0 s a spine, less than a minute left");
  assert.equal(paceInWords(pace, 3600), "2.0 s a spine, about 2.0 h left");
  assert.equal(paceInWords(null, 5), "");
});
