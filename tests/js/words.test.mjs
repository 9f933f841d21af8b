import assert from "node:assert/strict";
import { test } from "node:test";

import { clock_text, connection_in_words, duration_in_words, progress_in_words } from "../../static/js/app/words.js";

test("the clock shows a second that has begun, and nothing below zero", () => {
  assert.deepEqual([65, 60, 59.2, 0.1, 0, -3, 3600, 3725.5].map(clock_text), ["1:05", "1:00", "1:00", "0:01", "0:00", "0:00", "1:00:00", "1:02:06"]);
});

test("durations read like a sentence", () => {
  assert.deepEqual([1, 30, 60, 61, 120, 150].map(duration_in_words), [
    "1 second",
    "30 seconds",
    "1 minute",
    "1 minute and 1 second",
    "2 minutes",
    "2 minutes and 30 seconds",
  ]);
});

test("the connection is told in words, with the attempts", () => {
  const say = (/** @type {any} */ status, keeps_input = false) => connection_in_words({ attempt: 0, retry_at: 0, ...status }, 1000, keeps_input);
  assert.equal(say({ name: "connecting", attempt: 1 }), "Connecting…");
  assert.equal(say({ name: "greeting", attempt: 3 }), "Connection lost. Connecting again (attempt 3)…");
  assert.equal(say({ name: "connected" }), "Connected");
  assert.equal(say({ name: "lost", attempt: 3, retry_at: 3100 }), "Connection lost. Attempt 4 in 3 seconds.");
  assert.equal(say({ name: "lost", attempt: 0, retry_at: 900 }, true), "Connection lost. Attempt 1 in 1 second. What you type is kept.");
  assert.equal(say({ name: "replaced" }), "Opened elsewhere");
});

test("a check is told without what does not matter", () => {
  assert.equal(progress_in_words({ matched: 2, missing: 0, extra: 0, incorrect: 0 }), "Last check: 2 as wanted.");
  assert.equal(
    progress_in_words({ matched: 0, missing: 1, extra: 2, incorrect: 3 }),
    "Last check: 0 as wanted, 3 not as wanted, 1 missing, 2 too many.",
  );
});
