// The spines' boxes over the picture, in one SVG that follows OpenSeadragon's viewport. `under` is for what lies below.
// It takes no pointer events, so that dragging and the wheel work everywhere: `at` finds the spine instead.

import { LETTERS } from "./classes.js";
import { svg } from "./svg.js";

const LETTER_PX = 12;
const MARK_GAP_PX = 7;
const REJECTED_LETTER = "×";
const SMALLEST_LETTERED_PX = 10;
const SMALLEST_WITH_MIDLINE_PX = 26;

function outline(spine, className) {
  const [x, y, width, height] = spine.box_px;
  return svg("rect", { x, y, width, height, class: className });
}

export class Overlay {
  /** `image` has width_px; `spines` are rows of spines.json. */
  constructor(viewer, image, spines) {
    this.viewer = viewer;
    this.image = image;
    this.spines = spines;
    this.hidden = new Set();
    this.groups = new Map();
    this.root = svg("svg", { class: "overlay", "aria-hidden": "true" });
    this.scene = svg("g");
    this.under = svg("g");
    this.boxes = svg("g");
    this.over = svg("g");
    this.chosen = null;
    this.mark = svg("g", { class: "mark", hidden: "" });
    this.mark.append(svg("rect", { class: "mark-halo" }), svg("rect", { class: "mark-line" }));
    this.draft = svg("g", { class: "draft", hidden: "" });
    this.draft.append(svg("rect", { class: "draft-halo" }), svg("rect", { class: "draft-line" }));
    this.boxes.append(...spines.map((spine) => this.#group(spine)));
    this.over.append(this.mark, this.draft);
    this.scene.append(this.under, this.boxes, this.over);
    this.root.append(this.scene);
    viewer.canvas.append(this.root);
    for (const name of ["update-viewport", "open", "resize", "animation"]) {
      viewer.addHandler(name, () => this.place());
    }
    this.place();
  }

  #group(spine) {
    const group = svg("g", { class: `roi roi-${spine.rejected ? "rejected" : spine.shown_class}` });
    const [x, y, width] = spine.box_px;
    const letter = svg("text", { x, y, dy: "-0.3em" });
    letter.textContent = spine.rejected ? REJECTED_LETTER : LETTERS[spine.shown_class];
    group.append(outline(spine, "roi-halo"), outline(spine, "roi-line"), outline(spine, "roi-core"), letter);
    if (spine.reviewed_class && !spine.rejected) {
      const d = `M${x + width} ${y}h0`; // a line without length has round ends of a width that no zoom changes
      group.append(svg("path", { d, class: "roi-seen-halo" }), svg("path", { d, class: "roi-seen" }));
    }
    this.groups.set(spine.id, group);
    return group;
  }

  /** Draw a spine anew that changed, or that is new; `spines` holds it already. */
  put(spine) {
    const old = this.groups.get(spine.id);
    const group = this.#group(spine);
    if (old) old.replaceWith(group);
    else this.boxes.append(group);
    this.place();
  }

  /** Take a spine's box away. */
  drop(id) {
    this.groups.get(id).remove();
    this.groups.delete(id);
  }

  /** Draw the box that is being added, or none. */
  showDraft(box) {
    this.draft.toggleAttribute("hidden", !box);
    if (!box) return;
    const [x, y, width, height] = box;
    for (const rect of this.draft.children) {
      for (const [key, value] of Object.entries({ x, y, width, height })) rect.setAttribute(key, value);
    }
  }

  /** Where a point of the viewer's element is: [x, y] in pixels of the image. */
  inImage(point) {
    const { x, y } = this.viewer.viewport.pointFromPixel(point, true);
    return [x * this.image.width_px, y * this.image.width_px];
  }

  /** Pixels of the screen per pixel of the image, now. */
  get scale() {
    const { viewport } = this.viewer;
    return (viewport.getZoom(true) * viewport.getContainerSize().x) / this.image.width_px;
  }

  place() {
    const origin = this.viewer.viewport.pixelFromPoint(new OpenSeadragon.Point(0, 0), true);
    const { scale } = this;
    this.scene.setAttribute("transform", `translate(${origin.x} ${origin.y}) scale(${scale})`);
    this.scene.setAttribute("font-size", LETTER_PX / scale);
    if (this.chosen) this.#placeMark(scale);
    const typical = this.spines.length ? this.spines[0].box_px[3] * scale : 0;
    this.root.classList.toggle("is-far", typical < SMALLEST_LETTERED_PX);
    this.root.classList.toggle("is-small", typical < SMALLEST_WITH_MIDLINE_PX);
  }

  #placeMark(scale) {
    const [x, y, width, height] = this.chosen.box_px;
    const gap = MARK_GAP_PX / scale;
    const frame = { x: x - gap, y: y - gap, width: width + 2 * gap, height: height + 2 * gap };
    for (const rect of this.mark.children) {
      for (const [key, value] of Object.entries(frame)) rect.setAttribute(key, value);
    }
  }

  /** Show only the spines for which `passes` holds. Returns them. */
  filter(passes) {
    this.hidden.clear();
    for (const spine of this.spines) {
      const shown = passes(spine);
      if (!shown) this.hidden.add(spine.id);
      this.groups.get(spine.id).toggleAttribute("hidden", !shown);
    }
    return this.spines.filter((spine) => !this.hidden.has(spine.id));
  }

  show(visible) {
    this.boxes.toggleAttribute("hidden", !visible);
  }

  /** Frame one spine, or none. */
  choose(spine) {
    this.chosen = spine;
    this.mark.toggleAttribute("hidden", !spine);
    this.place();
  }

  /** The smallest shown spine whose box holds a point of the viewer's element, or null. */
  at(point) {
    if (this.boxes.hasAttribute("hidden")) return null;
    const [x, y] = this.inImage(point);
    const slack = 4 / this.scale;
    const hit = this.spines.filter(({ id, box_px: [left, top, width, height] }) =>
      !this.hidden.has(id) &&
      x >= left - slack && x <= left + width + slack && y >= top - slack && y <= top + height + slack);
    return hit.sort((a, b) => a.box_px[2] * a.box_px[3] - b.box_px[2] * b.box_px[3])[0] ?? null;
  }

  /** Where a spine's box is in the viewer's element: {x, y, width, height} in pixels of the screen. */
  placeOf(spine) {
    const [x, y, width, height] = spine.box_px.map((v) => v / this.image.width_px);
    const rect = new OpenSeadragon.Rect(x, y, width, height);
    return this.viewer.viewport.viewportToViewerElementRectangle(rect);
  }

  /** Bring a spine into view: move when it is outside, enlarge when it is too small to see. */
  lookAt(spine) {
    const { viewport } = this.viewer;
    const [x, y, width, height] = spine.box_px.map((v) => v / this.image.width_px);
    const centre = new OpenSeadragon.Point(x + width / 2, y + height / 2);
    const longest = Math.max(width, height);
    const bounds = viewport.getBounds(false);
    if (longest < bounds.width / 40) {
      viewport.fitBoundsWithConstraints(new OpenSeadragon.Rect(centre.x - longest * 7, centre.y - longest * 7, longest * 14, longest * 14));
    } else if (!bounds.containsPoint(centre, -longest)) {
      viewport.panTo(centre);
    }
  }
}
