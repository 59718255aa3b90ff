// @ts-check
// Windows around the next spines, fetched before they are needed, so that a step waits for nothing.

/** @type {Map<number, HTMLImageElement>} */
const kept = new Map();
const MOST = 60;

/** The picture of a step, which may still be on its way. @param {QueueStep} step */
export function pictureOf(step) {
  const there = kept.get(step.id);
  if (there) return there;
  const made = new Image();
  made.alt = "";
  made.decoding = "async";
  made.src = step.picture;
  made.decode().catch(() => undefined); // a failure shows where the picture is put in
  kept.set(step.id, made);
  for (const id of [...kept.keys()].slice(0, Math.max(0, kept.size - MOST))) kept.delete(id);
  return made;
}

/**
 * What comes next is fetched when the picture that is shown is there, which would wait behind it.
 * @param {readonly QueueStep[]} steps
 * @param {QueueStep} shown
 */
export async function prefetch(steps, shown) {
  await pictureOf(shown).decode().catch(() => undefined);
  for (const step of steps) pictureOf(step);
}
