// Files that make up one image together become one ZIP; others stay as they are.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";

globalThis.File ??= File;
const { crc32, withSetsJoined } = await import("../../static/js/sets.js");

const found = (path, text = path) => ({ file: new File([text], path.split("/").at(-1)), path });

test("a checksum is that of the ZIP format", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("the planes of a recording are joined, and nothing else is", async () => {
  const names = [1, 2].flatMap((channel) => [1, 2, 3].map((plane) => `day 1/Z-001_Cycle00001_Ch${channel}_00000${plane}.ome.tif`));
  const joined = await withSetsJoined([...names.map((path) => found(path)), found("day 1/cell.ome.tif"), found("x_Ch1_000001.ome.tif")]);
  assert.deepEqual(joined.map(({ path }) => path), ["day 1/cell.ome.tif", "day 1/Z-001.zip", "x_Ch1_000001.ome.tif"]);
  const bytes = Buffer.from(await joined[1].file.arrayBuffer());
  assert.equal(bytes.readUInt32LE(0), 0x04034b50);
  assert.equal(bytes.readUInt32LE(bytes.length - 22), 0x06054b50);
  assert.equal(bytes.readUInt16LE(bytes.length - 12), 6);
  assert.ok(bytes.includes("Z-001_Cycle00001_Ch2_000003.ome.tif"));
  const again = await withSetsJoined(names.map((path) => found(path)));
  assert.deepEqual(Buffer.from(await again[0].file.arrayBuffer()), bytes);
});

test("a folder with a companion is one set", async () => {
  const joined = await withSetsJoined(["a/b/x.companion.ome", "a/b/p1.ome.tif", "a/b/p2.ome.tif", "a/c/p2.ome.tif"].map((path) => found(path)));
  assert.deepEqual(joined.map(({ path }) => path), ["a/c/p2.ome.tif", "a/b/b.zip"]);
});
