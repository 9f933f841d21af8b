import assert from "node:assert/strict";
import { test } from "node:test";

import { clock_text, clock_warning, connection_in_words, duration_in_words, failure_in_words, progress_in_words } from "../../static/js/app/words.js";
import { RequestError } from "../../static/js/core/requests.js";

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

test("time gets short in two steps, whichever comes first", () => {
  assert.deepEqual(clock_warning(151, 600), { level: "enough", words: "" });
  assert.deepEqual(clock_warning(150, 600), { level: "soon", words: "Less than a quarter of the time left" });
  assert.deepEqual(clock_warning(30, 600), { level: "last", words: "Less than 30 seconds left" });
  assert.deepEqual(clock_warning(30, 60), { level: "soon", words: "Less than 30 seconds left" });
  assert.deepEqual(clock_warning(15, 60), { level: "last", words: "Less than a quarter of the time left" });
  assert.deepEqual(clock_warning(20, 20), { level: "enough", words: "" });
  assert.deepEqual(clock_warning(4, 20), { level: "last", words: "Less than a quarter of the time left" });
  assert.deepEqual(clock_warning(0, 20), { level: "last", words: "" });
});

test("a fault of ours is told as ours", () => {
  const fault = failure_in_words(new RequestError("sandbox_unavailable", "no room"), "It did not start.");
  assert.match(fault.heading, /on our side/);
  assert.match(fault.sentence, /^It did not start\. Please try again\..*“no room”/);
  assert.doesNotMatch(failure_in_words(new RequestError("wrong_task", "not this one"), "It did not start.").heading, /our side/);
});

test("a check is told without what does not matter", () => {
  assert.equal(progress_in_words({ matched: 2, missing: 0, extra: 0, incorrect: 0 }), "2 right");
  assert.equal(progress_in_words({ matched: 0, missing: 1, extra: 2, incorrect: 3 }), "0 right, 3 wrong, 2 extra, 1 missing");
});
