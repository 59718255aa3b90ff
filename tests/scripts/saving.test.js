// Edits are sent one after another; after a failure nothing that waited is sent; each failure has its sentence.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { NotSaved, Saving } from "../../static/js/image/saving.js";

/** @type {{url: string, body: string, answer: (response: object) => void, fail: () => void}[]} */
let sent = [];
/** @type {boolean[]} */
let marks = [];

beforeEach(() => {
  [sent, marks] = [[], []];
  Object.assign(globalThis, {
    addEventListener: () => {},
    document: { cookie: "csrf=token; other=x" },
    fetch: (/** @type {string} */ url, /** @type {{body: URLSearchParams}} */ { body }) =>
      new Promise((resolve, reject) => {
        sent.push({ url, body: body.toString(), answer: resolve, fail: () => reject(new TypeError("no network")) });
      }),
  });
});

const tick = () => new Promise((resolve) => {
  setTimeout(resolve);
});
const ok = (/** @type {object} */ body) => ({ ok: true, json: async () => body });
const saving = () => new Saving("csrf", (isSaving) => marks.push(isSaving));

test("the second is sent when the first is answered, with what is known then", async () => {
  const line = saving();
  let version = 1;
  const first = line.send("/a", () => ({ version: String(version) }));
  const second = line.send("/b", () => ({ version: String(version) }));
  await tick();
  assert.deepEqual(sent.map(({ url, body }) => [url, body]), [["/a", "version=1"]]);
  version = 2;
  sent[0]?.answer(ok({ spine: null }));
  await first;
  await tick();
  assert.deepEqual(sent.map(({ body }) => body), ["version=1", "version=2"]);
  sent[1]?.answer(ok({ spine: null }));
  assert.deepEqual(await second, { spine: null });
  assert.equal(await line.settled(), true);
  await tick();
  assert.deepEqual([marks[0], marks.at(-1)], [true, false]);
});

test("what waited behind a failure is not sent", async () => {
  const line = saving();
  const first = line.send("/a", () => ({}));
  const second = line.send("/b", () => ({}));
  const settled = line.settled();
  await tick();
  sent[0]?.answer({ ok: false, status: 409, json: async () => ({ error: "It changed since." }) });
  await assert.rejects(first, (error) => error instanceof NotSaved && error.status === 409 && error.message === "It changed since.");
  assert.equal(await second, null);
  assert.equal(sent.length, 1);
  assert.equal(await settled, false);
});

test("no network, an ended session and an answer without words are told", async () => {
  const line = saving();
  const failing = [
    [() => sent.at(-1)?.fail(), /cannot be reached/],
    [() => sent.at(-1)?.answer({ type: "opaqueredirect" }), /session has ended/],
    [() => sent.at(-1)?.answer({ ok: false, status: 502, json: async () => JSON.parse("<html>") }), /answered 502/],
  ];
  for (const [fail, sentence] of failing) {
    const one = line.send("/a", () => ({}));
    await tick();
    fail();
    await assert.rejects(one, sentence);
  }
});
