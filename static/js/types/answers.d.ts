// What the server sends the image page (webapp/images/rows.py, answers.py); tests/contracts/test_scripts.py compares them.

/** A place or a size in pixels of the image. */
type Point = [x: number, y: number];
type Box = [x: number, y: number, width: number, height: number];

interface ImageRow {
  id: number;
  width_px: number;
  height_px: number;
  pixel_size_um: number | null;
}

/** A spine; measures stand beside these by their key, see `figureOf` in static/js/image/measures.js. */
interface SpineRow {
  id: number;
  number: number;
  box_px: Box;
  score: number | null;
  shown_class: string;
  network_class: string | null;
  reviewed_class: string;
  rejected: boolean;
  source: string;
  kept: boolean;
  class_probabilities: Record<string, number> | null;
  crop: string;
  crop_side_px: number;
  history: string;
  dendrite: number | null;
  position_um: number | null;
  position_px: number | null;
  quality: string;
  quality_words: string;
  rule_class: string | null;
  outline_px: Point[] | null;
  outline_by_hand: boolean;
  base_px: Point | null;
  midline_px: Point[] | null;
}

/** What a spine would measure on an outline that is not saved; measures stand beside these by their key. */
interface SketchRow {
  outline_px: Point[];
  midline_px: Point[] | null;
  quality: string;
  quality_words: string;
  rule_class: string | null;
}

interface DendriteRow {
  id: number;
  number: number;
  points_px: Point[];
  length_px: number;
  length_um: number | null;
  spines: number;
  spines_per_um: number | null;
}

interface ReviewRow {
  result: number;
  spines: number;
  reviewed: number;
  rejected: number;
  apart: number;
  undoable: number;
  redoable: number;
  version: number;
  marked: string;
}

/** All that stands on an image: spines.json. */
interface ImageAnswer {
  image: ImageRow;
  review: ReviewRow | null;
  spines: SpineRow[];
  dendrites: DendriteRow[];
  dendrite_table?: string;
}

/** What a change did. `dendrites` are all there are; `spines` those that changed, with `whole` all there are. */
interface EditAnswer {
  spine: SpineRow | null;
  spines: SpineRow[] | null;
  whole: boolean;
  dendrites: DendriteRow[] | null;
  dendrite_table: string;
  removed: number | null;
  review: ReviewRow;
}

interface Happening {
  at: string;
  who: string;
  what: string;
}

/** The classes of an experiment, as `ClassSet.for_scripts` writes them. */
interface ClassSetRow {
  network: string[];
  classes: { key: string; name: string; letter: string; keyboard: string }[];
}
