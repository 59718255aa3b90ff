// @ts-check
// The spines of the gallery: their order, the class that each is shown under. Plain data.

/**
 * @typedef {object} Tile
 * @property {number} id
 * @property {number} number
 * @property {number} image Place in the list of images.
 * @property {number} sheet Place in the list of sheets.
 * @property {number} place In its sheet.
 * @property {string} group The class under which it stood when the gallery was sorted.
 * @property {string} shown The class that it has now.
 * @property {string} network
 * @property {string} rule
 * @property {number | null} probability
 * @property {boolean} isReviewed
 * @property {boolean} isGone It was rejected.
 */

/** @typedef {"sure" | "unsure" | "differing" | "image"} Order */
/** @typedef {"near" | "strange" | "twins"} ByLikeness The server puts these in order. */

/** @param {GalleryLine} line @returns {Tile} */
export function tileOf([id, number, image, sheet, place, shown, network, rule, probability, isReviewed]) {
  return { id, number, image, sheet, place, group: shown, shown, network, rule, probability, isReviewed, isGone: false };
}

const sureness = (/** @type {Tile} */ { probability }) => probability ?? 1;
const differs = (/** @type {Tile} */ { network, rule }) => Boolean(network && rule && rule !== network);

/** @type {Record<Order, (one: Tile, other: Tile) => number>} */
const ORDERS = {
  sure: (one, other) => sureness(other) - sureness(one),
  unsure: (one, other) => sureness(one) - sureness(other),
  differing: (one, other) => Number(differs(other)) - Number(differs(one)) || sureness(other) - sureness(one),
  image: () => 0,
};

/**
 * Under the class that each has now, in the order of the classes; the rejected are left out.
 * @param {readonly Tile[]} tiles In the order of images and numbers.
 * @param {Order} order
 * @param {readonly string[]} classes
 * @returns {{key: string, tiles: Tile[]}[]}
 */
export function grouped(tiles, order, classes) {
  const standing = tiles.filter(({ isGone }) => !isGone).map((tile) => ({ ...tile, group: tile.shown }));
  const keys = [...classes, ...new Set(standing.map(({ group }) => group).filter((key) => !classes.includes(key)))];
  const groups = keys.map((key) => ({ key, tiles: standing.filter(({ group }) => group === key).sort(ORDERS[order]) }));
  return groups.filter((group) => group.tiles.length);
}

/**
 * Those that the server told, in its order: outliers under their class, all others as one.
 * @param {readonly Tile[]} tiles
 * @param {ByLikeness} order
 * @param {readonly number[]} ids
 * @param {readonly string[]} classes
 * @returns {{key: string, tiles: Tile[]}[]}
 */
export function likened(tiles, order, ids, classes) {
  const of = new Map(tiles.filter(({ isGone }) => !isGone).map((tile) => [tile.id, tile]));
  const told = ids.flatMap((id) => of.get(id) ?? []);
  if (order === "strange") return grouped(told, "image", classes);
  return told.length ? [{ key: order, tiles: told.map((tile) => ({ ...tile, group: tile.shown })) }] : [];
}

/**
 * The tiles after something was said of some of them.
 * @param {readonly Tile[]} tiles
 * @param {ReadonlySet<number>} ids
 * @param {string} answer A class, `accept`, or no spine.
 */
export function withSaid(tiles, ids, answer) {
  return tiles.map((tile) => {
    if (!ids.has(tile.id)) return tile;
    if (answer === "not_a_spine") return { ...tile, isGone: true };
    if (answer === "accept") return tile.isReviewed || tile.shown !== "uncertain" ? { ...tile, isReviewed: true } : tile; // unsure
    return { ...tile, shown: answer, isReviewed: true };
  });
}
