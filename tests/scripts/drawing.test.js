// Boxes that are being added and lines that are being drawn; geometry; words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseDendrite } from "../../static/js/image/changes.js";
import { draftAround, draftBetween, nudged, withDraft } from "../../static/js/image/draft.js";
import { boxAfter, gripAt } from "../../static/js/image/grips.js";
import { dendriteAsSet, knotsBack, knotsForward, withKnotAfter, withKnotAt, withKnotBetween, withKnotHeld, withKnots, withoutKnot } from "../../static/js/image/knots.js";
import { extended, nearestLine, nearestOn, pointWithin, sideWithin } from "../../static/js/image/lines.js";
import { beginning, lead, looking, withoutPoint, withPen, withPoint } from "../../static/js/image/pen.js";
import { held, withReshaping } from "../../static/js/image/reshape.js";
import { densityOf, inWords, namingOf, tipLines, why } from "../../static/js/image/words.js";
import { CLASS_SET, dendrite, page, spine } from "./rows.js";

const scale = 2;

test("a dragged box stays in the image and has a size", () => {
  assert.deepEqual(draftBetween(page(), [30, 40], [10, 90]).draft?.box, [10, 40, 20, 50]);
  assert.deepEqual(draftBetween(page(), [790, 590], [900, 700]).draft?.box, [790, 590, 10, 10]);
  assert.deepEqual(draftBetween(page(), [800, 600], [800, 600]).draft?.box, [798, 598, 2, 2]);
});

test("a placed box has the usual size, of the standing spines or of the image", () => {
  const spines = [spine(1, { box_px: [0, 0, 10, 30] }), spine(2, { box_px: [0, 0, 12, 20] }), spine(3, { box_px: [0, 0, 90, 90], rejected: true })];
  assert.deepEqual(draftAround({ ...page(), spines }, [400, 300]).draft?.box, [394, 285, 12, 30]);
  assert.deepEqual(draftAround({ ...page(), spines: [] }, [0, 0]).draft?.box, [0, 0, 24, 24]);
});

test("each box is an edit of its own", () => {
  const [first, second] = [withDraft(page(), [0, 0, 9, 9]), withDraft(page(), [0, 0, 9, 9])];
  assert.match(first.draft?.key ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(first.draft?.key, second.draft?.key);
});

test("arrows move a box, with Shift they size it, at a step that the eye sees", () => {
  const state = withDraft(page(), [10, 10, 20, 20]);
  assert.deepEqual(nudged(state, [1, 0], { sizes: false, scale }).draft?.box, [12, 10, 20, 20]);
  assert.deepEqual(nudged(state, [0, -1], { sizes: true, scale }).draft?.box, [10, 10, 20, 18]);
  assert.deepEqual(nudged(state, [-1, 0], { sizes: false, scale: 0.1 }).draft?.box, [0, 10, 20, 20]);
});

test("a box is taken by its corners and sides, and as a whole where it is being set", () => {
  /** @type {Box} */
  const box = [100, 100, 40, 20];
  assert.deepEqual(gripAt(box, [103, 98], { reach_px: 4, moves: false }), { x: -1, y: -1 });
  assert.deepEqual(gripAt(box, [120, 121], { reach_px: 4, moves: false }), { x: 0, y: 1 });
  assert.equal(gripAt(box, [115, 110], { reach_px: 4, moves: false }), null);
  assert.deepEqual(gripAt(box, [115, 110], { reach_px: 4, moves: true }), { x: 0, y: 0 });
  assert.equal(gripAt(box, [150, 110], { reach_px: 4, moves: true }), null);
});

test("a dragged grip moves its sides alone, within the image, and leaves a box", () => {
  /** @type {Box} */
  const box = [100, 100, 40, 20];
  const { image } = page();
  assert.deepEqual(boxAfter(box, { x: -1, y: 0 }, [100, 110], [90, 300], image), [90, 100, 50, 20]);
  assert.deepEqual(boxAfter(box, { x: 1, y: 1 }, [140, 120], [150, 121], image), [100, 100, 50, 21]);
  assert.deepEqual(boxAfter(box, { x: 1, y: 0 }, [140, 110], [20, 110], image), [100, 100, 2, 20]);
  assert.deepEqual(boxAfter(box, { x: -1, y: -1 }, [100, 100], [-50, 400], image), [0, 118, 140, 2]);
  assert.deepEqual(boxAfter(box, { x: 0, y: 0 }, [110, 110], [2000, 90], image), [760, 80, 40, 20]);
});

test("the chosen spine's box is set, not that of a rejected one, and arrows keep whose it is", () => {
  const spines = [spine(1, { box_px: [10, 10, 20, 20] }), spine(2, { rejected: true })];
  const of = (/** @type {number} */ id) => ({ ...page(), spines, chosen: { spine: id, dendrite: null, follows: false } });
  assert.equal(held({ ...page(), spines }), null);
  assert.deepEqual(held(of(1)), [10, 10, 20, 20]);
  const state = nudged(withReshaping(of(1)), [1, 0], { sizes: false, scale });
  assert.deepEqual([state.draft?.of, held(state)], [1, [12, 10, 20, 20]]);
  assert.equal(withReshaping(of(2)).draft, null);
  assert.equal(held(withDraft(of(1), [0, 0, 9, 9])), null, "a box that is added has no grips");
});

test("the pen takes points, not the second half of a double click, and gives them back", () => {
  const one = withPoint(withPen(page(), "draw"), [10, 10], { scale });
  assert.equal(withPoint(one, [11, 10], { scale }), one);
  const two = withPoint(one, [30, 10], { scale });
  assert.deepEqual(lead(looking(two, [50, 12], false)), [[10, 10], [30, 10], [50, 12]]);
  assert.deepEqual(withoutPoint(two).pen?.points, [[10, 10]]);
  assert.equal(withoutPoint(withoutPoint(one)).pen, null);
});

test("a dendrite grows at its nearer end", () => {
  const state = chooseDendrite(page(), 1);
  const pen = withPoint(withPen(state, "extend"), [-20, 100], { scale });
  assert.deepEqual(lead(pen), [[0, 100], [-20, 100]]);
  assert.deepEqual(extended(dendrite(1).points_px, [[-20, 100], [-40, 100]]), [[-40, 100], [-20, 100], [0, 100], [400, 100]]);
  assert.deepEqual(extended(dendrite(1).points_px, [[420, 100]]), [[0, 100], [400, 100], [420, 100]]);
  assert.deepEqual(beginning(withPen(state, "extend"), [1, 1]), [400, 100]);
});

test("a cut is led to the nearest dendrite", () => {
  assert.deepEqual(lead(looking(withPen(page(), "cut"), [150, 190], false)), [[150, 190], [150, 200]]);
  assert.deepEqual(lead(withPen(page(), "cut")), []);
  assert.equal(nearestLine(page().dendrites, [10, 140])?.row.id, 1);
  assert.equal(nearestLine([], [10, 140]), null);
  assert.deepEqual(nearestOn([[0, 0], [10, 0], [10, 10]], [14, 20]), { place: [10, 10], distance: Math.hypot(4, 10) });
  assert.deepEqual(nearestOn([[5, 5], [5, 5]], [5, 9]), { place: [5, 5], distance: 4 });
});

test("words name classes as the lab's set does", () => {
  const nameOf = namingOf(CLASS_SET);
  assert.equal(inWords(spine(4), nameOf), "Spine 4, round 90 %, score 0.80");
  assert.equal(inWords(spine(4, { shown_class: "uncertain" }), nameOf), "Spine 4, uncertain, most like round 90 %, score 0.80");
  assert.equal(inWords(spine(4, { reviewed_class: "forked" }), nameOf), "Spine 4, forked, reviewed, score 0.80");
  assert.equal(inWords(spine(4, { rejected: true }), nameOf), "Spine 4, rejected");
  const added = spine(4, { source: "added", score: null, network_class: null, class_probabilities: null, reviewed_class: "forked", shown_class: "forked" });
  assert.equal(inWords(added, nameOf), "Spine 4, forked, added by hand");
  assert.deepEqual(tipLines(added, nameOf, ["length 1.20 µm"]), ["4 · Forked", "Added by hand", "length 1.20 µm"]);
  assert.deepEqual(tipLines(spine(4), nameOf, []), ["4 · Round", "Round 90 % · Long 10 %", "score 0.80"]);
  assert.equal(why(spine(4, { reviewed_class: "long", kept: true }), nameOf), "Reviewed; the network says round. This analysis did not find it: it is kept from an earlier one.");
});

test("a density without a pixel size is none", () => {
  assert.equal(densityOf({ ...dendrite(1), spines_per_um: null }), "none without a pixel size");
  assert.equal(densityOf(dendrite(1)), "0.20 per µm, 2.0 per 10 µm");
});

test("a dendrite's points are moved, put in and taken out, back and forward again", () => {
  const state = withKnots(chooseDendrite(page(), 2));
  assert.deepEqual(state.knots?.points, [[0, 200], [400, 200]]);
  assert.equal(withKnots(page()).knots, null, "none is chosen");
  const inserted = withKnotBetween(state);
  const moved = withKnotAt(withKnotHeld(inserted, 1), [200, 350]);
  assert.deepEqual(moved.knots?.points, [[0, 200], [200, 350], [400, 200]]);
  assert.equal(dendriteAsSet(moved)?.length_px, 500);
  assert.equal(dendriteAsSet(moved)?.length_um, 50);
  assert.equal(dendriteAsSet(moved)?.spines_per_um, 8 / 50);
  assert.deepEqual(withoutKnot(moved).knots?.points, [[0, 200], [400, 200]]);
  assert.equal(withoutKnot(state), state, "a line keeps two points");
  const back = knotsBack(knotsBack(moved));
  assert.equal(back.knots?.points, state.knots?.points);
  assert.deepEqual(knotsForward(knotsForward(back)).knots?.points, moved.knots?.points);
  assert.equal(withKnotAfter(moved, 2).knots?.chosen, 0, "round the ends");
});

test("a press takes the nearest point or side of a line, within reach", () => {
  /** @type {Point[]} */
  const line = [[0, 0], [10, 0], [10, 10]];
  assert.equal(pointWithin(line, [9, 1], 2), 1);
  assert.equal(pointWithin(line, [5, 1], 2), null);
  assert.equal(sideWithin(line, [5, 1], 2), 0);
  assert.equal(sideWithin(line, [11, 6], 2), 1);
  assert.equal(sideWithin(line, [4, 5], 2), null, "a line is open");
});
