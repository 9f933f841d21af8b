import assert from "node:assert/strict";
import { test } from "node:test";

import { KeyTimes } from "../../static/js/core/key_times.js";

test("a time is reported once its first byte is sent, and only once", () => {
  const times = new KeyTimes();
  times.add(0, 100);
  times.add(1, 101);
  times.add(5, 102);
  assert.deepEqual(times.take(0), []);
  assert.deepEqual(times.take(2), [[0, 100], [1, 101]]);
  assert.deepEqual(times.take(5), []);
  assert.deepEqual(times.take(6), [[5, 102]]);
  assert.deepEqual(times.take(100), []);
});

test("times of unsent input move with its bytes, and are dropped with them", () => {
  const times = new KeyTimes();
  times.add(3, 100);
  times.move(40);
  assert.deepEqual(times.take(43), []);
  times.add(44, 101);
  assert.deepEqual(times.take(44), [[43, 100]]);
  times.drop();
  assert.deepEqual(times.take(100), []);
});
