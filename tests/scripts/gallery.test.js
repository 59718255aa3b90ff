// The gallery: which tiles are chosen, under which class they stand, what is said of many.

import assert from "node:assert/strict";
import { test } from "node:test";
import { grouped, likened, tileOf, withSaid } from "../../static/js/gallery/rows.js";
import { NONE, clicked, framed, stepped } from "../../static/js/gallery/selection.js";

const ORDER = [5, 3, 8, 1, 9];
const ids = (/** @type {import("../../static/js/gallery/selection.js").Selection} */ { chosen }) => [...chosen];

test("a click chooses one, Shift all between as they are seen, Ctrl one more or one less", () => {
  const one = clicked(NONE, ORDER, 3, {});
  assert.deepEqual(ids(clicked(one, ORDER, 1, { ranges: true })), [3, 8, 1]);
  assert.deepEqual(ids(clicked(clicked(one, ORDER, 1, { ranges: true }), ORDER, 5, { ranges: true })), [5, 3]);
  const two = clicked(one, ORDER, 9, { adds: true });
  assert.deepEqual([ids(two), ids(clicked(two, ORDER, 3, { adds: true }))], [[3, 9], [9]]);
  assert.deepEqual(ids(clicked(two, ORDER, 8, {})), [8]);
});

test("arrows stop at the ends and choose on the way with Shift", () => {
  const last = clicked(NONE, ORDER, 9, {});
  assert.equal(stepped(last, ORDER, 3, false).focus, 9);
  assert.deepEqual(ids(stepped(last, ORDER, -2, true)), [8, 1, 9]);
  assert.equal(stepped(NONE, ORDER, 1, false).focus, 5);
  assert.equal(stepped(NONE, [], 1, false), NONE);
});

test("a frame chooses what it touches, with Ctrl beside the rest", () => {
  const one = clicked(NONE, ORDER, 3, {});
  assert.deepEqual([ids(framed(one, [1, 9], false)), ids(framed(one, [1, 9], true))], [[1, 9], [3, 1, 9]]);
});

const tiles = [
  tileOf([1, 1, 0, 0, 0, "round", "round", "long", 0.9, false]),
  tileOf([2, 2, 0, 0, 1, "round", "round", "round", 0.6, false]),
  tileOf([3, 3, 0, 0, 2, "forked", "long", "", 0.5, true]),
  tileOf([4, 4, 0, 0, 3, "round", "", "", null, true]),
];
const shown = (/** @type {import("../../static/js/gallery/rows.js").Order} */ order) =>
  grouped(tiles, order, ["round", "long", "forked"]).map((group) => [group.key, group.tiles.map(({ id }) => id)]);

test("tiles stand under their class in each order", () => {
  assert.deepEqual(shown("unsure"), [["round", [2, 1, 4]], ["forked", [3]]]);
  assert.deepEqual(shown("sure"), [["round", [4, 1, 2]], ["forked", [3]]]);
  assert.deepEqual(shown("differing"), [["round", [1, 4, 2]], ["forked", [3]]]);
});

test("an order by likeness is the server's, outliers under their class", () => {
  const classes = ["round", "long", "forked"];
  const told = (/** @type {import("../../static/js/gallery/rows.js").ByLikeness} */ by, /** @type {number[]} */ order) =>
    likened(tiles, by, order, classes).map((group) => [group.key, group.tiles.map(({ id }) => id)]);
  assert.deepEqual(told("near", [3, 1, 99, 4]), [["near", [3, 1, 4]]]);
  assert.deepEqual(told("strange", [3, 4, 1]), [["round", [4, 1]], ["forked", [3]]]);
  assert.deepEqual(told("twins", []), []);
});

test("what is said of many shows at once and moves when it is sorted anew", () => {
  const said = withSaid(tiles, new Set([1, 2]), "long");
  assert.deepEqual(said.map(({ shown: now, group }) => [now, group]).slice(0, 2), [["long", "round"], ["long", "round"]]);
  assert.deepEqual(withSaid(tiles, new Set([3, 2]), "accept").map(({ shown: now }) => now), ["round", "round", "forked", "round"]);
  const rest = withSaid(tiles, new Set([1]), "not_a_spine");
  assert.deepEqual(grouped(rest, "image", ["round"]).map((group) => group.tiles.map(({ id }) => id)), [[2, 4], [3]]);
});
