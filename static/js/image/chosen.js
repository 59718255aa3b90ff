// The right-hand panel: what is known of the chosen spine; and the tip that says the same in short.

const LABELS = {
  mushroom: "Mushroom",
  thin: "Thin",
  stubby: "Stubby",
  filopodia: "Filopodia",
  uncertain: "Uncertain",
};

const percent = (share) => `${Math.round(100 * share)} %`;
const at = (id) => document.getElementById(id);

/** "Spine 12, mushroom, 93 %, score 0.81" */
export function inWords(spine) {
  const likeliest = LABELS[spine.network_class].toLowerCase();
  const probability = percent(spine.class_probabilities[spine.network_class]);
  const name = `Spine ${spine.number}`;
  const score = `score ${spine.score.toFixed(2)}`;
  if (spine.reviewed_class) return `${name}, ${LABELS[spine.reviewed_class].toLowerCase()}, reviewed, ${score}`;
  if (spine.shown_class === "uncertain") return `${name}, uncertain, most like ${likeliest} ${probability}, ${score}`;
  return `${name}, ${likeliest} ${probability}, ${score}`;
}

/** Lines of the tip over the picture. */
export function tipLines(spine) {
  const others = Object.entries(spine.class_probabilities)
    .map(([name, p]) => `${LABELS[name]} ${percent(p)}`)
    .join(" · ");
  return [`${spine.number} · ${LABELS[spine.shown_class]}`, others, `score ${spine.score.toFixed(2)}`];
}

function chip(name) {
  const original = document.querySelector(`.class-list input[value="${name}"] ~ .class`);
  return original.cloneNode(true);
}

function why(spine) {
  const likeliest = LABELS[spine.network_class].toLowerCase();
  if (spine.reviewed_class) return `A person chose it; the network says ${likeliest}.`;
  if (spine.shown_class === "uncertain") return `Most like ${likeliest}, but not clearly, so it is counted apart.`;
  return "";
}

export function showChosen(spine, image) {
  at("chosen-none").hidden = Boolean(spine);
  at("chosen-some").hidden = !spine;
  if (!spine) return;
  const [x, y, width, height] = spine.box_px;
  const crop = at("chosen-crop");
  crop.src = spine.crop;
  crop.alt = `Spine ${spine.number}, window of ${spine.crop_side_px} × ${spine.crop_side_px} px around it`;
  at("chosen-number").textContent = `Spine ${spine.number}`;
  at("chosen-class").replaceChildren(chip(spine.shown_class));
  at("chosen-why").textContent = why(spine);
  at("chosen-score").textContent = spine.score.toFixed(3);
  at("chosen-place").textContent = `${x.toFixed(1)}, ${y.toFixed(1)} px`;
  const inUm = image.pixel_size_um
    ? ` (${(width * image.pixel_size_um).toFixed(2)} × ${(height * image.pixel_size_um).toFixed(2)} µm)`
    : "";
  at("chosen-size").textContent = `${width.toFixed(1)} × ${height.toFixed(1)} px${inUm}`;
  for (const row of document.querySelectorAll(".probabilities tr")) {
    const p = spine.class_probabilities[row.dataset.class];
    row.querySelector(".bar").style.width = `${100 * p}%`;
    row.querySelector(".num").textContent = percent(p);
  }
}
