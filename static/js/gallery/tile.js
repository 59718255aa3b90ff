// @ts-check
// One crop of the gallery, cut out of its sheet.

export const TILE_PX = 64; // as spines/imaging/sheets.py draws them
const COLUMNS = 16;

/** @typedef {{sheet: string, letter: string, name: string, image: string, isChosen: boolean}} Look */

/** @param {import("./rows.js").Tile} tile @param {Look} look */
export function tileElement({ id, number, place, shown, group, probability, isReviewed, isGone }, { sheet, letter, name, image, isChosen }) {
  const made = document.createElement("div");
  made.className = "tile-crop";
  made.id = `tile-${id}`;
  made.dataset.id = String(id);
  made.role = "checkbox";
  made.ariaChecked = String(isChosen);
  made.classList.toggle("is-gone", isGone);
  made.classList.toggle("is-moved", shown !== group);
  const says = probability === null ? "added" : probability.toFixed(2);
  made.ariaLabel = `Spine ${number} of ${image}: ${isGone ? "no spine" : name}${isReviewed ? ", reviewed" : `, ${says}`}`;
  made.title = made.ariaLabel;
  const crop = document.createElement("span");
  crop.className = "crop";
  crop.style.backgroundImage = `url("${sheet}")`;
  crop.style.backgroundPosition = `-${(place % COLUMNS) * TILE_PX}px -${Math.floor(place / COLUMNS) * TILE_PX}px`;
  const chip = document.createElement("span");
  chip.className = `chip chip-${isGone ? "rejected" : shown}`;
  chip.textContent = isGone ? "×" : letter;
  const words = document.createElement("span");
  words.className = "tile-words";
  words.append(chip, isReviewed || isGone ? " ✓" : ` ${says}`);
  made.append(crop, words);
  return made;
}
