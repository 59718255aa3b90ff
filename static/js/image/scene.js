// @ts-check
// The drawing over the picture, which follows OpenSeadragon's viewport: a canvas for what is many, SVG in pixels of the image
// under and over it for what is few. It takes no pointer events, so that dragging and the wheel work everywhere.

import { set, svg } from "./svg.js";

const LETTER_PX = 12;
const REACH_PX = 10;
const TOUCH_REACH_PX = 22; // of a finger


/** The kind of pointer that made an event. @param {Event} event */
export const pointerOf = (event) => (event instanceof PointerEvent ? event.pointerType : "mouse");

export class Scene {
  /** @type {(() => void)[]} */
  #followers = [];
  #placed = "";

  /** @param {import("openseadragon").Viewer} viewer @param {ImageRow} image */
  constructor(viewer, image) {
    this.viewer = viewer;
    this.image = image;
    this.root = document.createElement("div");
    this.root.className = "overlay";
    this.root.ariaHidden = "true";
    this.canvas = document.createElement("canvas");
    this.under = svg("g");
    this.boxes = svg("g");
    this.over = svg("g");
    const [below, above] = [svg("svg"), svg("svg")];
    below.append(this.under);
    above.append(this.boxes, this.over);
    this.root.append(below, this.canvas, above);
    viewer.canvas.append(this.root);
    for (const name of /** @type {const} */ (["update-viewport", "open", "resize", "animation"])) {
      viewer.addHandler(name, () => this.#place());
    }
    this.#place();
  }

  /** Call `place` each time that the picture has moved or changed its size. @param {() => void} place */
  follow(place) {
    this.#followers.push(place);
    this.#placed = ""; // it is placed with the next frame
  }

  #place() {
    const { scale, origin } = this;
    const transform = `translate(${origin.x} ${origin.y}) scale(${scale})`;
    const placed = `${transform} ${this.viewer.viewport.getContainerSize()}`;
    if (placed === this.#placed) return;
    this.#placed = placed;
    for (const group of [this.under, this.boxes, this.over]) set(group, { transform, "font-size": LETTER_PX / scale });
    for (const place of this.#followers) place();
  }

  /** Where the image's first corner is in the viewer's element, in pixels of the screen. */
  get origin() {
    return this.viewer.viewport.pixelFromPoint(new OpenSeadragon.Point(0, 0), true);
  }

  /** Pixels of the screen per pixel of the image, now. */
  get scale() {
    const { viewport } = this.viewer;
    return (viewport.getZoom(true) * viewport.getContainerSize().x) / this.image.width_px;
  }

  /** Where a point of the viewer's element is in the image. @param {import("openseadragon").Point} point @returns {Point} */
  inImage(point) {
    const { x, y } = this.viewer.viewport.pointFromPixel(point, true);
    return [x * this.image.width_px, y * this.image.width_px];
  }

  /** Where a pointer is in the image. @param {PointerEvent} event */
  ofPointer(event) {
    const frame = this.viewer.element.getBoundingClientRect();
    return this.inImage(new OpenSeadragon.Point(event.clientX - frame.left, event.clientY - frame.top));
  }

  /** How far from a point one may press to take hold of it, in pixels of the image. @param {string} pointer Its kind. */
  reachOf(pointer) {
    return (pointer === "touch" ? TOUCH_REACH_PX : REACH_PX) / this.scale;
  }

  /** The middle of what is seen. @returns {Point} */
  get centre() {
    const { x, y } = this.viewer.viewport.getCenter(true);
    return [x * this.image.width_px, y * this.image.width_px];
  }

  /** @param {Point} place @returns {Point} The nearest place in the image. */
  within([x, y]) {
    return [Math.min(Math.max(x, 0), this.image.width_px), Math.min(Math.max(y, 0), this.image.height_px)];
  }

  /** @param {Box} box */
  #rect(box) {
    const [x, y, width, height] = box.map((px) => px / this.image.width_px);
    return new OpenSeadragon.Rect(x, y, width, height);
  }

  /** Where a box is in the viewer's element, in pixels of the screen. @param {Box} box */
  onScreen(box) {
    return this.viewer.viewport.viewportToViewerElementRectangle(this.#rect(box));
  }

  /** Bring a box into view: move when it is outside, enlarge when it is too small to see. @param {Box} box */
  lookAt(box) {
    const { viewport } = this.viewer;
    const rect = this.#rect(box);
    const centre = rect.getCenter();
    const longest = Math.max(rect.width, rect.height);
    const bounds = viewport.getBounds(false);
    if (longest < bounds.width / 40) {
      const side = longest * 14;
      viewport.fitBoundsWithConstraints(new OpenSeadragon.Rect(centre.x - side / 2, centre.y - side / 2, side, side));
    } else if (!bounds.containsPoint(centre, -longest)) {
      viewport.panTo(centre);
    }
  }

  /** Keep a place in view. @param {Point} place */
  keepInView([x, y]) {
    const point = new OpenSeadragon.Point(x / this.image.width_px, y / this.image.width_px);
    if (!this.viewer.viewport.getBounds(true).containsPoint(point)) this.viewer.viewport.panTo(point);
  }
}
