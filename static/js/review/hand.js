// @ts-check
// The steps that lie before somebody, those behind them too, and where they are. Plain data: each function gives the next.

/**
 * @typedef {object} Hand
 * @property {readonly QueueStep[]} steps As they were given, those that were answered too.
 * @property {number} at The one that is shown; past the last one where nothing is left.
 * @property {ReadonlyMap<number, string>} answers What was answered on this page, by spine.
 * @property {number} answered How many of the queue have an answer, as the server said last and as was answered since.
 * @property {number} total
 * @property {boolean} isOver The server has no more.
 */

export const CANNOT_SAY = "cannot_say";

/** @type {Hand} */
export const EMPTY = { steps: [], at: 0, answers: new Map(), answered: 0, total: 0, isOver: false };

/** The step that is shown, or null. @param {Hand} hand */
export const stepOf = (hand) => hand.steps[hand.at] ?? null;

/** @param {Hand} hand @param {QueueStep} step */
export const saidOf = (hand, step) => hand.answers.get(step.id) ?? step.said;

/** Those that want an answer still. @param {Hand} hand */
export const openOf = (hand) => hand.steps.filter((step) => !saidOf(hand, step));

const MOST_HELD = 120; // nobody else is given what lies here

/** Whether as many lie here without an answer as may. @param {Hand} hand */
export const isFull = (hand) => openOf(hand).length >= MOST_HELD;

/** Those that come after the one that is shown. @param {Hand} hand */
export const aheadOf = (hand) => hand.steps.slice(hand.at + 1);

/** More steps, and how far the queue is, where the server has seen all that was answered here. @param {Hand} hand @param {QueueBatch} batch @param {boolean} hasSeenAll */
export function withBatch(hand, { steps, progress }, hasSeenAll) {
  const there = new Set(hand.steps.map(({ id }) => id));
  const more = steps.filter(({ id }) => !there.has(id));
  const known = hasSeenAll ? progress.answered + progress.passed : hand.answered;
  return { ...hand, steps: [...hand.steps, ...more], total: progress.total, answered: known, isOver: !steps.length };
}

/** The next that wants an answer after a place, or the first that was left open; past the last where there is none. @param {Hand} hand @param {number} place */
function openAfter(hand, place) {
  const open = hand.steps.flatMap((step, at) => (saidOf(hand, step) ? [] : [at]));
  return open.find((at) => at > place) ?? open[0] ?? hand.steps.length;
}

/** Answer the step that is shown and go to the next. @param {Hand} hand @param {string} answer @returns {Hand} */
export function answered(hand, answer) {
  const step = stepOf(hand);
  if (!step) return hand;
  const isNew = !saidOf(hand, step);
  const next = { ...hand, answers: new Map(hand.answers).set(step.id, answer), answered: hand.answered + (isNew ? 1 : 0) };
  return { ...next, at: openAfter(next, hand.at) };
}

/** What the server says of a spine now; it may be that nothing is said of it any more. @param {Hand} hand @param {QueueSaid} said @returns {Hand} */
export function withSaid(hand, { id, said, version }) {
  const steps = hand.steps.map((step) => (step.id === id ? { ...step, version, said } : step));
  return { ...hand, steps };
}

/** An answer that was taken back or could not be saved: the spine is shown again. @param {Hand} hand @param {number} id @returns {Hand} */
export function withoutAnswer(hand, id) {
  const at = hand.steps.findIndex((step) => step.id === id);
  if (at < 0 || !hand.answers.has(id)) return hand;
  const answers = new Map(hand.answers);
  answers.delete(id);
  return { ...hand, answers, at, answered: Math.max(0, hand.answered - 1) };
}

/** Leave a spine out: somebody else changed it. @param {Hand} hand @param {number} id @returns {Hand} */
export function without(hand, id) {
  const place = hand.steps.findIndex((step) => step.id === id);
  if (place < 0) return hand;
  const steps = hand.steps.filter((step) => step.id !== id);
  return { ...hand, steps, at: hand.at > place ? hand.at - 1 : hand.at };
}

/** Go back or on without an answer. On from the last step waits for more; where no more come, it leads to the first that was left open. @param {Hand} hand @param {number} by @returns {Hand} */
export function moved(hand, by) {
  const at = hand.at + by;
  if (at < 0) return hand;
  if (at < hand.steps.length) return { ...hand, at };
  return hand.isOver || isFull(hand) ? { ...hand, at: openAfter(hand, at) } : hand;
}
