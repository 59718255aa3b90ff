// What was measured: each spine's outline and midline, over the picture.

import { joined, svg } from "./svg.js";

export class Shapes {
  /** `spines` are rows of spines.json. */
  constructor(overlay, spines) {
    this.groups = new Map();
    this.chosen = null;
    this.root = svg("g", { class: "shapes" });
    overlay.under.append(this.root);
    for (const spine of spines) this.put(spine);
  }

  put(spine) {
    this.drop(spine.id);
    if (!spine.outline_px) return;
    const group = svg("g", { class: `shape shape-${spine.rejected ? "rejected" : spine.shown_class}` });
    group.classList.toggle("is-chosen", spine.id === this.chosen);
    const outline = joined(spine.outline_px);
    group.append(svg("polygon", { points: outline, class: "shape-halo" }), svg("polygon", { points: outline, class: "shape-line" }));
    if (spine.midline_px.length) {
      const midline = joined(spine.midline_px);
      group.append(svg("polyline", { points: midline, class: "midline-halo" }), svg("polyline", { points: midline, class: "midline" }));
    }
    this.groups.set(spine.id, group);
    this.root.append(group);
  }

  drop(id) {
    this.groups.get(id)?.remove();
    this.groups.delete(id);
  }

  /** Draw the outline of one spine stronger, or of none. */
  choose(spine) {
    this.groups.get(this.chosen)?.classList.remove("is-chosen");
    this.chosen = spine?.id ?? null;
    this.groups.get(this.chosen)?.classList.add("is-chosen");
  }

  /** Show those of the spines that are shown. */
  filter(shown) {
    const ids = new Set(shown.map(({ id }) => id));
    for (const [id, group] of this.groups) group.toggleAttribute("hidden", !ids.has(id));
  }

  show(visible) {
    this.root.toggleAttribute("hidden", !visible);
  }
}
