// @ts-check
// What a drop or a folder input gives, as a flat list of {file, path}.

/** @typedef {{file: File, path: string}} Found */

const NOT_IMAGES = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini)$/i;

/** @param {Found[]} found */
function wanted(found) {
  return found.filter(({ path }) => !NOT_IMAGES.test(path)).sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
}

/** @param {FileSystemDirectoryEntry} directory */
async function entriesOf(directory) {
  const reader = directory.createReader();
  /** @type {FileSystemEntry[]} */
  const entries = [];
  for (;;) {
    // A reader gives a hundred at a time, and an empty batch at the end.
    /** @type {FileSystemEntry[]} */
    const batch = await new Promise((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (!batch.length) return entries;
    entries.push(...batch);
  }
}

/** @param {FileSystemEntry} entry @param {Found[]} found */
async function walk(entry, found) {
  if (entry.isFile) {
    const one = /** @type {FileSystemFileEntry} */ (entry);
    /** @type {File} */
    const file = await new Promise((resolve, reject) => {
      one.file(resolve, reject);
    });
    found.push({ file, path: entry.fullPath.replace(/^\//, "") });
  } else if (entry.isDirectory) {
    for (const child of await entriesOf(/** @type {FileSystemDirectoryEntry} */ (entry))) await walk(child, found);
  }
}

/** Files of a drop, folders walked to their bottom. @param {DataTransfer} transfer */
export async function filesOfDrop(transfer) {
  // The list of the event is emptied at the first await: take the entries out before.
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry());
  /** @type {Found[]} */
  const found = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return wanted(found);
}

/** Files of an <input type="file">, with their folder when a folder was chosen. @param {HTMLInputElement} input */
export function filesOfInput(input) {
  return wanted([...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}

/** A size as people read it. @param {number} bytes */
export function inWords(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

const LARGEST_HASHED = 256 * 2 ** 20; // crypto.subtle wants the whole file in memory

/** SHA-256 in hex, or null where the browser cannot tell it cheaply. @param {File} file */
export async function sha256(file) {
  if (!globalThis.crypto?.subtle || file.size > LARGEST_HASHED) return null;
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
