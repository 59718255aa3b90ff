// @ts-check
// How fast somebody goes, and how long the rest takes at that pace.

const LAST = 20;
const PAUSE_MS = 60_000; // longer between two answers is a pause, and no pace

/** The median of the last times from answer to answer, in ms; null before there are three. @param {readonly number[]} moments When answers were given. */
export function paceOf(moments) {
  const gaps = moments.slice(1).map((moment, n) => moment - (moments[n] ?? 0));
  const worked = gaps.filter((gap) => gap < PAUSE_MS).slice(-LAST).sort((a, b) => a - b);
  if (worked.length < 3) return null;
  const middle = Math.floor(worked.length / 2);
  return worked.length % 2 ? (worked[middle] ?? 0) : ((worked[middle - 1] ?? 0) + (worked[middle] ?? 0)) / 2;
}

/** In words, empty while it is not known. @param {number | null} pace_ms @param {number} left */
export function paceInWords(pace_ms, left) {
  if (pace_ms === null) return "";
  const each = `${(pace_ms / 1000).toFixed(1)} s a spine`;
  if (!left) return each;
  const minutes = (pace_ms * left) / 60_000;
  if (minutes < 1) return `${each}, less than a minute left`;
  if (minutes < 90) return `${each}, about ${Math.round(minutes)} min left`;
  return `${each}, about ${(minutes / 60).toFixed(1)} h left`;
}
