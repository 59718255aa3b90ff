// Rows as the server sends them, for tests of the image page's state.

import { initialState } from "../../static/js/image/state.js";

export const CLASS_SET = {
  network: ["round", "long"],
  classes: [
    { key: "round", name: "Round", letter: "R", keyboard: "r" },
    { key: "long", name: "Long", letter: "L", keyboard: "g" },
    { key: "forked", name: "Forked", letter: "F", keyboard: "f" },
    { key: "uncertain", name: "Uncertain", letter: "?", keyboard: "" },
  ],
};

/** @param {number} id @param {Partial<SpineRow>} fields @returns {SpineRow} */
export function spine(id, fields = {}) {
  return {
    id,
    number: id,
    box_px: [100 * id, 50, 20, 20],
    score: 0.8,
    shown_class: "round",
    network_class: "round",
    reviewed_class: "",
    rejected: false,
    source: "found",
    kept: false,
    class_probabilities: { round: 0.9, long: 0.1 },
    crop: `/crop/${id}`,
    crop_side_px: 40,
    history: `/history/${id}`,
    dendrite: null,
    position_um: null,
    position_px: null,
    quality: "trusted",
    quality_words: "trusted",
    rule_class: null,
    outline_px: null,
    outline_by_hand: false,
    base_px: null,
    midline_px: null,
    ...fields,
  };
}

/** @param {number} id @returns {DendriteRow} */
export const dendrite = (id) => ({
  id,
  number: id,
  points_px: [[0, 100 * id], [400, 100 * id]],
  length_px: 400,
  length_um: 40,
  spines: 8,
  spines_per_um: 0.2,
});

/** @param {Partial<ReviewRow>} fields @returns {ReviewRow} */
export const review = (fields = {}) => ({
  result: 7, spines: 3, reviewed: 0, rejected: 0, apart: 0, undoable: 0, redoable: 0, version: 1, marked: "", ...fields,
});

/** The page of three spines and two dendrites, all of them shown. */
export function page() {
  const answer = {
    image: { id: 1, width_px: 800, height_px: 600, pixel_size_um: 0.1 },
    review: review(),
    spines: [spine(1), spine(2, { shown_class: "long", network_class: "long", score: 0.4 }), spine(3)],
    dendrites: [dendrite(1), dendrite(2)],
  };
  const filter = { classes: CLASS_SET.classes.map(({ key }) => key), least: 0, withRejected: false };
  const layers = { boxes: true, outlines: true, dendrites: true };
  return initialState(answer, { classSet: CLASS_SET, filter, layers, picture: "" });
}

/** What the server says after an edit. @param {Partial<EditAnswer>} fields @returns {EditAnswer} */
export const answer = (fields = {}) => ({
  spine: null, spines: null, whole: false, dendrites: null, dendrite_table: "<table>", removed: null, review: review({ version: 2 }), ...fields,
});
