// @ts-check
// What is drawn about the chosen spine: a line that splits it, the spine that it is joined to, where it meets its dendrite.

import { announce } from "../base.js";
import { chooseSpine } from "./changes.js";
import { nearestLine, nearestOn } from "./lines.js";
import { withoutPen } from "./pen.js";
import { chosenSpine, spineAt } from "./state.js";
import { joined } from "./svg.js";

const SLACK_PX = 4;

/** Tools about the chosen spine. */
export const ABOUT_SPINE = new Set(["split", "join", "base", "give"]);

/** The middle of a box. @param {Box} box @returns {Point} */
const middleOf = ([x, y, width, height]) => [x + width / 2, y + height / 2];

/**
 * Do what was drawn about the chosen spine.
 * @param {import("./edits.js").Edits} edits
 * @param {{scale: number, place: Point | null, points: readonly Point[]}} drawn
 */
export async function endAboutSpine(edits, { scale, place, points }) {
  const { store } = edits;
  const spine = chosenSpine(store.state);
  const tool = store.state.pen?.tool;
  if (!spine || !tool) return;
  /** @param {string} act @param {import("./edits.js").Fields} fields @param {string} words */
  const send = async (act, fields, words) => {
    const answer = await edits.send(edits.address(act, spine.id), { ...fields, ...edits.result });
    if (!answer) return;
    store.update((state) => chooseSpine(withoutPen(state), answer.spine?.id ?? spine.id));
    announce(words);
  };
  if (tool === "split") {
    if (points.length > 1) await send("split", { points: joined(points) }, `Spine ${spine.number} split in two.`);
    return;
  }
  if (!place) return;
  if (tool === "join") {
    const other = spineAt(store.state, place, SLACK_PX / scale);
    if (other && other.id !== spine.id) await send("join", { other: other.id }, `Spines ${spine.number} and ${other.number} joined.`);
    else announce("There is no other spine here. Click into its box.");
    return;
  }
  const nearest = nearestLine(store.state.dendrites, place);
  const [x_px, y_px] = tool === "give" && nearest ? nearestOn(nearest.row.points_px, middleOf(spine.box_px)).place : place;
  await send("base", { x_px, y_px }, `Spine ${spine.number} seated.`);
}
