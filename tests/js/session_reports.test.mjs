import assert from "node:assert/strict";
import { test } from "node:test";

import { settle } from "./support/fake_timers.mjs";
import { make_session as make } from "./support/session_parts.mjs";

test("tells of a large paste, marks it in the record, and can end it", async () => {
  const { session, sockets, timers, backlogs, open_running, take } = make();
  open_running();
  session.paste("x".repeat(100_000));
  assert.deepEqual(backlogs.at(-1), { done: 0, total: 100_000 });
  sockets.last.say({ type: "input_ack", input_offset: 1000 });
  assert.deepEqual(backlogs.at(-1), { done: 1000, total: 100_000 });
  const sent = take().reduce((/** @type {number} */ sum, /** @type {any} */ { text }) => sum + (text?.length ?? 0), 0);
  session.cancel_paste();
  sockets.last.say({ type: "input_ack", input_offset: sent });
  assert.equal(backlogs.at(-1), null);
  timers.advance(250);
  assert.deepEqual(take(), [
    { type: "input_times", stream: "s1", times: [[0, 1_000_000]] },
    { type: "observation", kind: "paste", input_offset: 0, bytes: 100_000, at: 1_000_000 },
  ]);
});

test("what is typed and seen while the line is down is told afterwards, and how long it was down", async () => {
  const { session, timers, open_running, reopen, running, take, type } = make();
  open_running();
  type("a");
  timers.advance(250);
  assert.deepEqual(take().at(-1), { type: "input_times", stream: "s1", times: [[0, 1_000_000]] });
  await reopen();
  type("b");
  session.observe({ kind: "visibility", visible: false });
  timers.advance(1000);
  take();
  running({ input_offset: 1 });
  timers.advance(250);
  assert.deepEqual(take().filter(({ type }) => type === "input_times" || type === "observation"), [
    { type: "input_times", stream: "s1", times: [[1, 1_005_250]] },
    { type: "observation", kind: "visibility", visible: false, at: 1_005_250 },
    { type: "observation", kind: "disconnected", reason: "close 1006", milliseconds: 6000, at: 1_006_250 },
  ]);
});

test("the times of what never left follow it when another owner has carried the stream further", async () => {
  const { open_running, running, sockets, timers, take, type } = make();
  open_running();
  sockets.last.break();
  type("lost");
  timers.advance(5000);
  await settle();
  sockets.last.open();
  running({ input_offset: 50 });
  timers.advance(250);
  assert.deepEqual(take().find(({ type }) => type === "input_times")?.times, [[50, 1_000_000]]);
});

test("tells the round trip", () => {
  const { open_running, sockets, timers, take } = make();
  open_running();
  timers.advance(10_000);
  timers.advance(30);
  sockets.last.say({ type: "pong", t: 10_000, input_offset: 0, output_offset: 0, state_number: 2 });
  timers.advance(250);
  assert.deepEqual(take().at(-1), { type: "observation", kind: "round_trip", milliseconds: 30, at: 1_010_030 });
});

test("an older server that does not know what the page reports troubles nobody", () => {
  const { open_running, sockets, errors } = make();
  open_running();
  sockets.last.say({ type: "error", code: "bad_message", message: "type: expected hello, …" });
  assert.deepEqual(errors, []);
});
