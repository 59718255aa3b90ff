// @ts-check
// All spines over the picture, on one canvas: as SVG, thousands of them cost seconds a frame (decision 0005). Only what is
// in view is drawn, and of it only what can be seen at the zoom. Places are in pixels of the screen.

import { readLooks, REJECTED } from "./looks.js";

/** @typedef {import("./looks.js").Look} Look */
/** @typedef {import("./looks.js").Stroke} Stroke */

/**
 * What is to be drawn.
 * @typedef {{spines: readonly SpineRow[], boxes: boolean, outlines: boolean, chosen: number | null}} Drawing
 */

/**
 * Spines of one class that are in view.
 * @typedef {{look: Look, spines: SpineRow[], letter: string}} Seen
 */

const REJECTED_LETTER = "×";
const LETTER_UP_PX = 3.6;
const SPRITE_EDGE_PX = 4;
const SPRITE_BASE_PX = 16;
const SPRITE_HEIGHT_PX = 22;
const REACH_PX = 24; // of letters and lines beyond a box

/** Sides of a usual box, in pixels of the screen, from which on there is more to see than before. */
const FRAMED_PX = 5;
const LETTERED_PX = 10;
const WITH_MIDLINE_PX = 26;

/** @param {SpineRow} spine */
const keyOf = (spine) => (spine.rejected ? REJECTED : spine.shown_class);

/** @param {readonly SpineRow[]} spines The height that half the boxes have. */
function usualHeight(spines) {
  const heights = spines.map(({ box_px }) => box_px[3]).sort((a, b) => a - b);
  return heights[Math.floor(heights.length / 2)] ?? 0;
}

/** @param {readonly SpineRow[]} spines */
function byClass(spines) {
  /** @type {Map<string, SpineRow[]>} */
  const groups = new Map();
  for (const spine of spines) {
    const key = keyOf(spine);
    const group = groups.get(key);
    if (group) group.push(spine);
    else groups.set(key, [spine]);
  }
  return groups;
}

/** @param {readonly Point[]} points @param {boolean} isClosed */
function pathOf(points, isClosed) {
  const path = new Path2D();
  for (const [x, y] of points) path.lineTo(x, y);
  if (isClosed) path.closePath();
  return path;
}

export class SpineCanvas {
  /** @type {Drawing} */
  #drawing = { spines: [], boxes: false, outlines: false, chosen: null };
  /** @type {ReadonlyMap<string, SpineRow[]>} */
  #byClass = new Map();
  #usual_px = 0;
  #density = 0;
  /** @type {WeakMap<SpineRow, {outline: Path2D, midline: Path2D | null}>} */
  #paths = new WeakMap();
  /** @type {Map<string, HTMLCanvasElement>} */
  #sprites = new Map();

  /** @param {import("./scene.js").Scene} scene @param {ClassSetRow} classSet */
  constructor(scene, classSet) {
    this.scene = scene;
    this.letters = new Map(classSet.classes.map(({ key, letter }) => [key, letter])).set(REJECTED, REJECTED_LETTER);
    const { looks, seen } = readLooks(scene.root, classSet.classes.map(({ key }) => key));
    this.looks = looks;
    this.seen = seen;
    this.canvas = scene.canvas;
    const context = this.canvas.getContext("2d");
    if (!context) throw new Error("The browser has no canvas.");
    this.context = context;
    scene.follow(() => this.draw());
  }

  /** @param {Drawing} drawing */
  show(drawing) {
    if (drawing.spines !== this.#drawing.spines) {
      this.#byClass = byClass(drawing.spines);
      this.#usual_px = usualHeight(drawing.spines);
    }
    this.#drawing = drawing;
    this.draw();
  }

  draw() {
    const { width, height } = this.#fit();
    const { boxes, outlines } = this.#drawing;
    this.context.setTransform(this.#density, 0, 0, this.#density, 0, 0);
    this.context.clearRect(0, 0, width, height);
    const seen = boxes || outlines ? this.#inView(width, height) : [];
    this.canvas.dataset.drawn = String(seen.reduce((n, { spines }) => n + spines.length, 0));
    const usual = this.#usual_px * this.scene.scale;
    if (usual < FRAMED_PX) for (const { look, spines } of seen) this.#specks(look, spines);
    else this.#draw(seen, usual);
  }

  /** @param {readonly Seen[]} seen @param {number} usual The height of a usual box on the screen. */
  #draw(seen, usual) {
    const { boxes, outlines } = this.#drawing;
    const isNear = usual >= LETTERED_PX;
    if (outlines && (isNear || !boxes)) for (const { look, spines } of seen) this.#outlines(look, spines, usual >= WITH_MIDLINE_PX);
    if (!boxes) return;
    for (const { look, spines } of seen) this.#frames(look, spines);
    if (isNear) for (const { look, spines, letter } of seen) this.#write(look, spines, letter);
    for (const { spines } of seen) this.#dots(spines, isNear ? this.seen.near : this.seen.far);
  }

  /** @param {number} width @param {number} height @returns {Seen[]} */
  #inView(width, height) {
    const [left, top] = this.scene.inImage(new OpenSeadragon.Point(-REACH_PX, -REACH_PX));
    const [right, bottom] = this.scene.inImage(new OpenSeadragon.Point(width + REACH_PX, height + REACH_PX));
    const isInView = (/** @type {SpineRow} */ { box_px: [x, y, across, down] }) =>
      x < right && y < bottom && x + across > left && y + down > top;
    return [...this.#byClass].flatMap(([key, all]) => {
      const look = this.looks.get(key);
      const spines = all.filter(isInView);
      return look && spines.length ? [{ look, spines, letter: this.letters.get(key) ?? "" }] : [];
    });
  }

  /** As large as the viewer, in pixels of the device. */
  #fit() {
    const { x: width, y: height } = this.scene.viewer.viewport.getContainerSize();
    const { canvas } = this;
    if (this.#density !== devicePixelRatio) this.#sprites.clear();
    this.#density = devicePixelRatio;
    const [across, down] = [Math.round(width * this.#density), Math.round(height * this.#density)];
    if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
    return { width, height };
  }

  /** Too small for a frame: a speck of the class's colour, white in the middle where it was reviewed. @param {Look} look @param {SpineRow[]} spines */
  #specks({ opacity, line, box: [halo] }, spines) {
    const { context, scene } = this;
    const { scale, origin } = scene;
    context.globalAlpha = opacity;
    /** @type {[string, number, (spine: SpineRow) => boolean][]} */
    const layers = [[halo?.colour ?? line.colour, 1, () => true], [line.colour, 0, () => true], ["#ffffff", -1, ({ reviewed_class, rejected }) => Boolean(reviewed_class) && !rejected]];
    for (const [colour, more, isMeant] of layers) {
      context.fillStyle = colour;
      for (const spine of spines) {
        if (!isMeant(spine)) continue;
        const [x, y, across, down] = spine.box_px;
        const [width, height] = [Math.max(across * scale, 3) + 2 * more, Math.max(down * scale, 3) + 2 * more];
        context.fillRect(origin.x + (x + across / 2) * scale - width / 2, origin.y + (y + down / 2) * scale - height / 2, width, height);
      }
    }
    context.globalAlpha = 1;
  }

  /** @param {Look} look @param {SpineRow[]} spines */
  #frames({ opacity, box }, spines) {
    const { context, scene } = this;
    const { scale, origin } = scene;
    context.globalAlpha = opacity;
    for (const stroke of box) {
      this.#take(stroke);
      for (const { box_px: [x, y, across, down] } of spines) {
        context.strokeRect(origin.x + x * scale, origin.y + y * scale, across * scale, down * scale);
      }
    }
    context.globalAlpha = 1;
  }

  /** @param {Look} look @param {SpineRow[]} spines @param {string} letter */
  #write({ opacity, letter: how }, spines, letter) {
    const { context, scene } = this;
    const { scale, origin } = scene;
    const sprite = this.#sprite(how, letter);
    const density = this.#density;
    const whole = (/** @type {number} */ px) => Math.round(px * density) / density;
    context.globalAlpha = opacity;
    for (const { box_px: [x, y] } of spines) {
      const [at, above] = [origin.x + x * scale - SPRITE_EDGE_PX, origin.y + y * scale - LETTER_UP_PX - SPRITE_BASE_PX];
      context.drawImage(sprite, whole(at), whole(above), sprite.width / density, sprite.height / density);
    }
    context.globalAlpha = 1;
  }

  /** A letter on the colour of its class, drawn once. @param {Look["letter"]} how @param {string} letter */
  #sprite({ ink, edge, font }, letter) {
    const key = `${letter} ${ink} ${edge.colour}`;
    const there = this.#sprites.get(key);
    if (there) return there;
    const made = document.createElement("canvas");
    const context = made.getContext("2d");
    if (!context) throw new Error("The browser has no canvas.");
    context.font = font;
    made.width = Math.ceil((context.measureText(letter).width + 2 * SPRITE_EDGE_PX) * this.#density);
    made.height = SPRITE_HEIGHT_PX * this.#density;
    context.scale(this.#density, this.#density);
    Object.assign(context, { font, lineJoin: "round", lineWidth: edge.width_px, strokeStyle: edge.colour, fillStyle: ink });
    context.strokeText(letter, SPRITE_EDGE_PX, SPRITE_BASE_PX);
    context.fillText(letter, SPRITE_EDGE_PX, SPRITE_BASE_PX);
    this.#sprites.set(key, made);
    return made;
  }

  /** Dots at the corners of what a person reviewed. @param {SpineRow[]} spines @param {readonly Stroke[]} strokes */
  #dots(spines, strokes) {
    const { context, scene } = this;
    const { scale, origin } = scene;
    const reviewed = spines.filter(({ reviewed_class, rejected }) => reviewed_class && !rejected);
    for (const { colour, width_px } of reviewed.length ? strokes : []) {
      context.fillStyle = colour;
      context.beginPath();
      for (const { box_px: [x, y, across] } of reviewed) {
        const [at, above] = [origin.x + (x + across) * scale, origin.y + y * scale];
        context.moveTo(at, above);
        context.arc(at, above, width_px / 2, 0, 2 * Math.PI);
      }
      context.fill();
    }
  }

  /** @param {Look} look @param {SpineRow[]} spines @param {boolean} withMidlines */
  #outlines({ outline, chosenOutline, midline }, spines, withMidlines) {
    const { context, scene } = this;
    const { chosen } = this.#drawing;
    const { scale, origin } = scene;
    const drawn = spines.flatMap((spine) => {
      const paths = this.#pathsOf(spine);
      return paths ? [{ paths, isChosen: spine.id === chosen }] : [];
    });
    context.save();
    context.translate(origin.x, origin.y);
    context.scale(scale, scale);
    Object.assign(context, { lineJoin: "round", lineCap: "round" });
    const usual = drawn.filter(({ isChosen }) => !isChosen);
    const [one] = drawn.filter(({ isChosen }) => isChosen);
    for (const stroke of outline) {
      this.#take(stroke, scale);
      for (const { paths } of usual) context.stroke(paths.outline);
    }
    for (const stroke of one ? chosenOutline : []) {
      this.#take(stroke, scale);
      if (one) context.stroke(one.paths.outline);
    }
    for (const stroke of midline) {
      this.#take(stroke, scale);
      for (const { paths, isChosen } of drawn) if (paths.midline && (withMidlines || isChosen)) context.stroke(paths.midline);
    }
    context.restore();
  }

  /** In pixels of the image; null where there is no outline. @param {SpineRow} spine */
  #pathsOf(spine) {
    if (!spine.outline_px) return null;
    const there = this.#paths.get(spine);
    if (there) return there;
    const midline = spine.midline_px?.length ? pathOf(spine.midline_px, false) : null;
    const made = { outline: pathOf(spine.outline_px, true), midline };
    this.#paths.set(spine, made);
    return made;
  }

  /** Draw by a stroke from now on; `scale` where places are in pixels of the image. @param {Stroke} stroke */
  #take({ colour, width_px, dash_px }, scale = 1) {
    this.context.strokeStyle = colour;
    this.context.lineWidth = width_px / scale;
    this.context.setLineDash(dash_px.map((px) => px / scale));
  }
}
