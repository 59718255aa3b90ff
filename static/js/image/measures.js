// What was measured of the chosen spine, on the right. Where there is no number, the reason stands instead.

const RESOLUTION_UM = 0.4;
const at = (id) => document.getElementById(id);

function neck(spine) {
  return spine.neck_length_um === null ? "none: no constriction" : "too faint to tell";
}

function value(spine, name, { unit, decimals }) {
  if (spine[name] !== null) return `${spine[name].toFixed(decimals)} ${unit}`;
  if (name === "neck_width_um") return neck(spine);
  return name === "neck_length_um" ? "none" : "–";
}

/** A line of the measures that the tip over the picture has; none where nothing is measured. */
export function inShort(spine) {
  const said = [...document.querySelectorAll("#measures [data-tip]")]
    .filter(({ dataset }) => spine[dataset.measure] !== null)
    .map((name) => `${name.dataset.tip} ${value(spine, name.dataset.measure, name.nextElementSibling.dataset)}`);
  return said.length ? [said.join(" · ")] : [];
}

function reason(spine) {
  if (spine.rejected) return "Not measured, as it is rejected.";
  if (!spine.quality) return "Not measured: this result is from before spines were measured. Analyse the image again.";
  if (spine.quality === "trusted") return "";
  return `No measures: ${spine.quality_words}.`;
}

function place(spine, image) {
  if (spine.dendrite === null) return "on none";
  if (image.pixel_size_um && spine.position_um !== null) return `${spine.dendrite}, ${spine.position_um.toFixed(1)} µm along it`;
  return `${spine.dendrite}, ${spine.position_px.toFixed(0)} px along it`;
}

function agreement(spine) {
  if (!spine.rule_class) return "";
  if (spine.shown_class === "uncertain") return "";
  return spine.rule_class === spine.shown_class ? "agrees" : "differs";
}

/** `chip(name)` makes the mark of a class. */
export function showMeasures(spine, image, chip) {
  const why = reason(spine);
  at("measures-why").textContent = why;
  at("measures-why").hidden = !why;
  const isMeasured = spine.length_um !== null || spine.area_um2 !== null;
  at("measures").hidden = !isMeasured;
  at("measures-limits").hidden = !isMeasured;
  for (const name of at("measures").querySelectorAll("[data-measure]")) {
    const cell = name.nextElementSibling;
    cell.textContent = value(spine, name.dataset.measure, cell.dataset);
  }
  at("measures-neck").hidden = spine.neck_width_um === null || spine.neck_width_um >= RESOLUTION_UM;
  at("measures-dendrite").textContent = place(spine, image);
  if (!at("rule-class")) return;
  at("rule-class").replaceChildren(spine.rule_class ? chip(spine.rule_class) : "none, as it is not measured");
  at("rule-agrees").textContent = agreement(spine);
}
