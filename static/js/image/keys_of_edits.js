// @ts-check
// A key that makes an edit one edit, however often it is sent: a random UUID. crypto.randomUUID is there over HTTPS alone.

const hex = (/** @type {number} */ byte) => byte.toString(16).padStart(2, "0");

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return [...bytes].map(hex).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
