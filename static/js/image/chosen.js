// The right-hand panel: what is known of the chosen spine; and the tip that says the same in short.

import { LABELS } from "./classes.js";
import { inShort, showMeasures } from "./measures.js";

const HISTORY_WAIT_MS = 250;

const percent = (share) => `${Math.round(100 * share)} %`;
const at = (id) => document.getElementById(id);
const word = (name) => LABELS[name].toLowerCase();

/** "Spine 12, thin 93 %, score 0.81" */
export function inWords(spine) {
  const name = `Spine ${spine.number}`;
  if (spine.rejected) return `${name}, rejected`;
  if (spine.source === "added") return `${name}, ${word(spine.reviewed_class)}, added by hand`;
  const score = `score ${spine.score.toFixed(2)}`;
  if (spine.reviewed_class) return `${name}, ${word(spine.reviewed_class)}, reviewed, ${score}`;
  const likeliest = `${word(spine.network_class)} ${percent(spine.class_probabilities[spine.network_class])}`;
  if (spine.shown_class === "uncertain") return `${name}, uncertain, most like ${likeliest}, ${score}`;
  return `${name}, ${likeliest}, ${score}`;
}

/** Lines of the tip over the picture. */
export function tipLines(spine) {
  const said = spine.rejected ? ", rejected" : spine.reviewed_class && spine.source !== "added" ? ", reviewed" : "";
  const first = `${spine.number} · ${LABELS[spine.shown_class]}${said}`;
  const measured = inShort(spine);
  if (spine.source === "added") return [first, "Added by hand", ...measured];
  const others = Object.entries(spine.class_probabilities)
    .map(([name, p]) => `${LABELS[name]} ${percent(p)}`)
    .join(" · ");
  return [first, others, `score ${spine.score.toFixed(2)}`, ...measured];
}

/** The mark of a class, letter and word. */
export function chip(name) {
  const original = document.querySelector(`.class-list input[value="${name}"] ~ .class`);
  return original.cloneNode(true);
}

function why(spine) {
  if (spine.rejected) return "Rejected as no spine: it counts nowhere.";
  if (spine.source === "added") return "Added by hand: the networks say nothing of it.";
  const kept = spine.kept ? " This analysis did not find it: it is kept from an earlier one." : "";
  if (spine.reviewed_class === spine.network_class) return `Reviewed; the network says the same.${kept}`;
  if (spine.reviewed_class) return `Reviewed; the network says ${word(spine.network_class)}.${kept}`;
  if (spine.shown_class !== "uncertain") return kept.trim();
  return `Most like ${word(spine.network_class)}, but not clearly, so it is counted apart.${kept}`;
}

function showProbabilities(spine) {
  at("chosen-probabilities").hidden = !spine.class_probabilities;
  if (!spine.class_probabilities) return;
  for (const row of document.querySelectorAll(".probabilities tr")) {
    const p = spine.class_probabilities[row.dataset.class];
    row.querySelector(".bar").style.width = `${100 * p}%`;
    row.querySelector(".num").textContent = percent(p);
  }
}

let asked = 0;

/** After a moment, and after what is being saved: the history is to hold it, and an undoing may take the spine away. */
function showHistory(spine) {
  asked += 1;
  const mine = asked;
  setTimeout(async () => {
    if (mine !== asked) return;
    if (at("look").dataset.saving === "true") {
      showHistory(spine);
      return;
    }
    const answer = await fetch(spine.history, { headers: { Accept: "application/json" } }).catch(() => null);
    if (mine !== asked) return;
    const { history } = answer?.ok ? await answer.json() : { history: [] };
    if (mine !== asked) return;
    at("chosen-history").hidden = !history.length;
    at("chosen-history").querySelector("ul").replaceChildren(...history.map(({ at: when, who, what }) => {
      const line = document.createElement("li");
      const time = document.createElement("time");
      time.dateTime = when;
      time.textContent = new Date(when).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
      line.append(`${who} ${what} `, time);
      return line;
    }));
  }, HISTORY_WAIT_MS);
}

export function showChosen(spine, image) {
  at("chosen-none").hidden = Boolean(spine);
  at("chosen-some").hidden = !spine;
  if (!spine) {
    asked += 1;
    return;
  }
  const [x, y, width, height] = spine.box_px;
  const crop = at("chosen-crop");
  if (!crop.src.endsWith(spine.crop)) at("chosen-history").hidden = true;
  crop.src = spine.crop;
  crop.alt = `Spine ${spine.number}, window of ${spine.crop_side_px} × ${spine.crop_side_px} px around it`;
  at("chosen-number").textContent = `Spine ${spine.number}`;
  at("chosen-class").replaceChildren(chip(spine.shown_class));
  at("chosen-why").textContent = why(spine);
  at("chosen-score").textContent = spine.score === null ? "none" : spine.score.toFixed(3);
  at("chosen-place").textContent = `${x.toFixed(1)}, ${y.toFixed(1)} px`;
  const inUm = image.pixel_size_um
    ? ` (${(width * image.pixel_size_um).toFixed(2)} × ${(height * image.pixel_size_um).toFixed(2)} µm)`
    : "";
  at("chosen-size").textContent = `${width.toFixed(1)} × ${height.toFixed(1)} px${inUm}`;
  showProbabilities(spine);
  showMeasures(spine, image, chip);
  showHistory(spine);
}
