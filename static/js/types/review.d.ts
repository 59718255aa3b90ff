// What the server sends the Review page (webapp/review/steps.py, views.py); tests/contracts/test_scripts.py compares them.

/** A spine to answer. `network`, `sureness` and `rule` are null where they are hidden. */
interface QueueStep {
  id: number;
  number: number;
  image: string;
  page: string;
  pixel_size_um: number | null;
  version: number;
  picture: string;
  window_px: Box;
  box_px: Box;
  outline_px: Point[] | null;
  dendrites_px: Point[][];
  said: string;
  network: string | null;
  uncertain: boolean;
  sureness: number | null;
  rule: string | null;
}

interface QueueProgressRow {
  total: number;
  answered: number;
  passed: number;
}

interface QueueBatch {
  steps: QueueStep[];
  progress: QueueProgressRow;
}

/** What stands of a spine after an answer. */
interface QueueSaid {
  id: number;
  said: string;
  version: number;
}

/** A spine of the gallery, without names, as thousands are sent. */
type GalleryLine = [
  id: number,
  number: number,
  image: number,
  sheet: number,
  place: number,
  shown_class: string,
  network: string,
  rule: string,
  probability: number | null,
  is_reviewed: boolean,
];

interface GalleryAnswer {
  version: number;
  sheets: [result: number, part: number][];
  images: { id: number; name: string }[];
  spines: GalleryLine[];
}

/** Spines in an order by likeness, and how many cannot be put in it yet. */
interface LikenessAnswer {
  ids: number[];
  missing: number;
}

/** What became of many spines. */
interface BulkSaid {
  changed: number[];
  stale: number;
  rejected: number;
  unsure: number;
  version: number;
}
