import assert from "node:assert/strict";
import { test } from "node:test";

import { Reports } from "../../static/js/core/reports.js";
import { RoundTrips } from "../../static/js/core/round_trips.js";
import { FakeTimers } from "./support/fake_timers.mjs";

function make() {
  const timers = new FakeTimers();
  const line = { is_open: true };
  /** @type {any[]} */
  const sent = [];
  const send = (/** @type {any} */ frame) => line.is_open && sent.push(structuredClone(frame)) > 0;
  return { timers, line, reports: new Reports({ send, timers }), take: () => sent.splice(0) };
}

test("collects the times of keys for 250 ms, one frame for each stream", () => {
  const { timers, reports, take } = make();
  reports.typed("s1", 0, 1000);
  reports.typed("s1", 1, 1100.5);
  reports.typed("s2", 0, 1200);
  timers.advance(249);
  assert.deepEqual(take(), []);
  timers.advance(1);
  assert.deepEqual(take(), [
    { type: "input_times", stream: "s1", times: [[0, 1000], [1, 1100.5]] },
    { type: "input_times", stream: "s2", times: [[0, 1200]] },
  ]);
  assert.equal(timers.pending, 0);
});

test("no frame has more than 256 times", () => {
  const { timers, reports, take } = make();
  for (let offset = 0; offset < 300; offset++) reports.typed("s", offset, offset);
  timers.advance(250);
  assert.deepEqual(take().map(({ times }) => times.length), [256, 44]);
});

test("keeps what cannot be sent, in order, and sends a little at a time afterwards", () => {
  const { timers, line, reports, take } = make();
  line.is_open = false;
  for (let at = 0; at < 1005; at++) reports.observe({ kind: "focus", focused: true, at });
  timers.advance(10_000);
  assert.equal(timers.pending, 0);
  line.is_open = true;
  reports.wake();
  assert.deepEqual(take(), []);
  timers.advance(250);
  const first = take();
  assert.equal(first.length, 10);
  assert.deepEqual(first[0], { type: "observation", kind: "focus", focused: true, at: 5 });
  timers.advance(1000);
  assert.equal(take().length, 40);
  timers.advance(60_000);
  assert.equal(take().at(-1).at, 1004);
});

test("a paste moves with its input, and times of sent input stay", () => {
  const { timers, reports, take } = make();
  reports.typed("s", 5, 1);
  reports.observe({ kind: "paste", stream: "s", input_offset: 8, bytes: 3, at: 2 });
  reports.observe({ kind: "paste", stream: "other", input_offset: 8, bytes: 3, at: 2 });
  reports.move("s", 8, 100);
  timers.advance(250);
  const [{ times }, moved, other] = take();
  assert.deepEqual([times, moved.input_offset, other.input_offset], [[[5, 1]], 108, 8]);
});

test("when the stream moves back, times of input that nobody got are dropped", () => {
  const { timers, reports, take } = make();
  reports.typed("s", 5, 1);
  reports.typed("s", 18, 2);
  reports.move("s", 30, -12);
  reports.typed("s", 18, 3);
  timers.advance(250);
  assert.deepEqual(take()[0].times, [[5, 1], [18, 3]]);
  reports.typed("s", 25, 4);
  reports.move("s", 30, -12);
  timers.advance(250);
  assert.deepEqual(take(), []);
});

test("offsets in a frame ascend", () => {
  const { timers, reports, take } = make();
  reports.typed("s", 5, 1);
  reports.typed("s", 9, 2);
  reports.typed("s", 7, 3);
  timers.advance(250);
  assert.deepEqual(take().map(({ times }) => times), [[[5, 1], [9, 2]], [[7, 3]]]);
});

test("reports the median round trip of the last 30 s, every 30 s", () => {
  const trips = new RoundTrips();
  assert.equal(trips.add(0, 7), 7);
  assert.equal(trips.add(10_000, 1), null);
  assert.equal(trips.add(20_000, 9), null);
  assert.equal(trips.add(30_000, 5), 5);
  assert.equal(trips.add(65_000, 4), 4);
  assert.equal(trips.add(80_000, 9), null);
  assert.equal(trips.add(95_000, 5), 7, "the median of two lies between them");
});
