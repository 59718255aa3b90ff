// The store: who watches is told of what changed and of nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Store } from "../../static/js/image/store.js";

const start = () => new Store({ n: 0, word: "a", rows: [1] });

test("who watches is told at once and then of changes of its own parts alone", () => {
  const store = start();
  const [numbers, words] = [[], []];
  store.watch(({ n }) => [n], (n) => numbers.push(n));
  store.onChange(({ word, n }) => [word, n > 1], (word, isMore) => words.push(`${word} ${isMore}`));
  store.update((state) => ({ ...state, n: 1 }));
  store.update((state) => ({ ...state, word: "b" }));
  store.update((state) => ({ ...state, n: 2 }));
  store.update((state) => ({ ...state, rows: [1] }));
  assert.deepEqual(numbers, [0, 1, 2]);
  assert.deepEqual(words, ["b false", "b true"]);
});

test("what a watcher changes reaches those before it, and all see the last state", () => {
  const store = start();
  const seen = [];
  store.watch(({ n, word }) => [n, word], (n, word) => seen.push(`${n}${word}`));
  store.onChange(({ n }) => [n], (n) => store.update((state) => ({ ...state, word: `after ${n}` })));
  store.update((state) => ({ ...state, n: 5 }));
  assert.deepEqual(seen, ["0a", "5a", "5after 5"]);
});

test("a watcher that fails leaves the store at work", () => {
  const store = start();
  store.onChange(({ n }) => [n], (n) => {
    if (n === 1) throw new Error("cannot draw");
  });
  assert.throws(() => store.update((state) => ({ ...state, n: 1 })), /cannot draw/);
  store.update((state) => ({ ...state, n: 2 }));
  assert.equal(store.state.n, 2);
});

test("the state before stays as it was", () => {
  const store = start();
  const before = store.state;
  store.update((state) => ({ ...state, rows: [...state.rows, 2] }));
  assert.deepEqual(before.rows, [1]);
  assert.deepEqual(store.state.rows, [1, 2]);
});
