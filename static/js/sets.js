// @ts-check
// Files that make up one image together (Bruker's Prairie View writes an OME-TIFF a plane) become one file: a ZIP.

/** @typedef {import("./files.js").Found} Found */

const PLANE_OF_A_SET = /^(.*?)(_Cycle\d+)?(_CurrentSettings)?_Ch\d+_(?:\d+_)*\d+\.ome\.tiff?$/i;
const COMPANION = /\.companion\.ome$/i;
const MOST_BYTES = 0xffffffff;
const MOST_FILES = 0xffff;

/** The set that a file is of by its name: its folder with what the names have in common; null for any other file. @param {string} path */
function setOf(path) {
  const at = path.lastIndexOf("/") + 1;
  const found = PLANE_OF_A_SET.exec(path.slice(at));
  return found ? path.slice(0, at) + found[1] : null;
}

/**
 * The files with those of each set joined. Folders with a `.companion.ome` are one set.
 * @param {Found[]} found
 * @returns {Promise<Found[]>}
 */
export async function withSetsJoined(found) {
  /** @type {Map<string, Found[]>} */
  const sets = new Map();
  const folders = new Set(found.filter(({ path }) => COMPANION.test(path)).map(({ path }) => path.slice(0, path.lastIndexOf("/") + 1)));
  /** @type {Found[]} */
  const rest = [];
  for (const each of found) {
    const folder = each.path.slice(0, each.path.lastIndexOf("/") + 1);
    const isOfFolder = folders.has(folder) && /\.(companion\.ome|ome\.tiff?)$/i.test(each.path);
    const key = isOfFolder ? `${folder}${folder.split("/").at(-2) ?? "set"}` : setOf(each.path);
    if (key === null) rest.push(each);
    else sets.set(key, [...(sets.get(key) ?? []), each]);
  }
  for (const [key, files] of sets) {
    const bytes = files.reduce((sum, { file }) => sum + file.size + 200, 0);
    if (files.length === 1 || files.length > MOST_FILES || bytes > MOST_BYTES) rest.push(...files);
    else rest.push({ file: await zipped(files, `${key.slice(key.lastIndexOf("/") + 1)}.zip`), path: `${key}.zip` });
  }
  return rest;
}

const CRCS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let i = 0; i < 8; i += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** @param {Uint8Array} bytes */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRCS[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * Little-endian numbers one after the other.
 * @param {...[bytes: 2 | 4, value: number]} fields
 */
function packed(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return view.buffer;
}

const UTF8_NAMES = 0x0800;
const FIRST_OF_1980 = 0x0021;

/**
 * A ZIP of files as they are, not compressed, without their folders and dates: the same files give the same ZIP.
 * @param {Found[]} files
 * @param {string} name
 */
async function zipped(files, name) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let [offset, directoryBytes] = [0, 0];
  for (const { file, path } of files) {
    const called = new TextEncoder().encode(path.slice(path.lastIndexOf("/") + 1));
    const crc = crc32(new Uint8Array(await file.arrayBuffer()));
    /** @type {[2 | 4, number][]} */
    const common = [[2, 20], [2, UTF8_NAMES], [2, 0], [2, 0], [2, FIRST_OF_1980], [4, crc], [4, file.size], [4, file.size], [2, called.length], [2, 0]];
    const local = packed([4, 0x04034b50], ...common);
    const listed = packed([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]);
    parts.push(local, called, file);
    directory.push(listed, called);
    offset += local.byteLength + called.length + file.size;
    directoryBytes += listed.byteLength + called.length;
  }
  const end = packed([4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, directoryBytes], [4, offset], [2, 0]);
  return new File([...parts, ...directory, end], name, { type: "application/zip" });
}
