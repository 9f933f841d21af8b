import assert from "node:assert/strict";
import { test } from "node:test";

import { settle } from "./support/fake_timers.mjs";
import { make_session as make, PASSED } from "./support/session_parts.mjs";

test("reports the progress of a large paste, marks it in the record, and can stop it", async () => {
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
    { type: "observation", kind: "paste", stream: "s1", input_offset: 0, bytes: 100_000, at: 1_000_000 },
    { type: "observation", kind: "paste_stopped", stream: "s1", input_offset: 0, bytes: sent, at: 1_000_000 },
  ]);
  assert.ok(sent > 0 && sent < 100_000);
});

test("input times and observations of a lost connection are reported afterwards, with its duration", async () => {
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
    { type: "observation", kind: "visibility", visible: false, at: 1_005_250 },
    { type: "observation", kind: "disconnected", reason: "close 1006", milliseconds: 6000, at: 1_006_250 },
    { type: "input_times", stream: "s1", times: [[1, 1_005_250]] },
  ]);
});

test("the times of unsent input move with it when another owner has continued the stream", async () => {
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

test("keys that are never sent have no times: dropped with a paste, or at the end of a task", () => {
  const times = (/** @type {any[]} */ frames) => frames.flatMap((frame) => frame.times ?? []).map(([offset]) => offset);
  const { session, sockets, open_running, timers, take, type } = make();
  open_running();
  session.paste("x".repeat(70_000));
  type("dropped");
  session.cancel_paste();
  sockets.last.say({ type: "input_ack", input_offset: 65_536 });
  type("k");
  timers.advance(250);
  assert.deepEqual(times(take()), [0, 65_536]);
  sockets.last.say({ type: "input_ack", input_offset: 65_537 });
  session.paste("y".repeat(65_536));
  type("cut off");
  sockets.last.say({ type: "state", state: PASSED });
  timers.advance(250);
  assert.deepEqual(times(take()), [65_537]);
});

test("the time of a key is when it was pressed, even if it waits for the connection or behind a paste", () => {
  const { sockets, session, open_running, timers, take, type } = make();
  open_running();
  session.paste("x".repeat(65_536));
  take();
  timers.advance(250);
  take();
  type("k");
  timers.advance(1000);
  assert.deepEqual(take(), []);
  sockets.last.say({ type: "input_ack", input_offset: 65_536 });
  timers.advance(250);
  assert.deepEqual(take().at(-1), { type: "input_times", stream: "s1", times: [[65_536, 1_000_250]] });
});

test("an answer of the emulator is not a key", async () => {
  const { open_running, output, drawn, timers, take, type } = make();
  open_running();
  output(0, "\x1b[6n");
  await drawn();
  type("k");
  timers.advance(250);
  assert.deepEqual(take().filter(({ text, times }) => text ?? times), [
    { offset: 0, text: "\x1b[1;1R" },
    { offset: 6, text: "k" },
    { type: "input_times", stream: "s1", times: [[6, 1_000_000]] },
  ]);
});

test("Alt with a character that begins a control string is a key", () => {
  const { open_running, timers, take, type } = make();
  open_running();
  type("\x1b_");
  timers.advance(250);
  assert.deepEqual(take().at(-1), { type: "input_times", stream: "s1", times: [[0, 1_000_000]] });
});

test("a paste that was sent whole is not reported as stopped, and an unsent one moves with its input", async () => {
  const { session, open_running, running, sockets, timers, take } = make();
  open_running();
  session.paste("whole");
  sockets.last.say({ type: "input_ack", input_offset: 5 });
  timers.advance(250);
  sockets.last.break();
  session.paste("waits");
  timers.advance(5000);
  await settle();
  sockets.last.open();
  take();
  running({ input_offset: 50 });
  timers.advance(250);
  const pastes = () => take().filter(({ kind }) => kind?.startsWith("paste"));
  assert.deepEqual(pastes(), [{ type: "observation", kind: "paste", stream: "s1", input_offset: 50, bytes: 5, at: 1_000_250 }]);
  session.cancel_paste();
  timers.advance(250);
  assert.deepEqual(pastes(), []);
});

test("nothing of a waiting paste was sent if another owner has continued the stream", async () => {
  const { session, open_running, running, sockets, timers, take } = make();
  open_running();
  sockets.last.break();
  session.paste("x".repeat(70_000));
  session.cancel_paste();
  timers.advance(5000);
  await settle();
  sockets.last.open();
  running({ input_offset: 50 });
  timers.advance(250);
  const told = take().filter(({ kind }) => kind?.startsWith("paste")).map(({ kind, input_offset, bytes }) => [kind, input_offset, bytes]);
  assert.deepEqual(told, [["paste", 50, 70_000], ["paste_stopped", 50, 0]]);
});

test("a paste that the end of the task cuts short is reported as stopped", () => {
  const { session, open_running, sockets, timers, take } = make();
  open_running();
  session.paste("x".repeat(70_000));
  sockets.last.say({ type: "state", state: PASSED });
  timers.advance(250);
  const { stream, bytes } = take().find(({ kind }) => kind === "paste_stopped");
  assert.deepEqual([stream, bytes], ["s1", 65_536]);
});

test("a reset stops a large paste, and input after it is sent", () => {
  const { session, sockets, backlogs, open_running, timers, take, type } = make();
  open_running();
  session.paste("x".repeat(100_000));
  take();
  void session.reset();
  assert.equal(take().at(-1).type, "reset");
  sockets.last.say({ type: "input_ack", input_offset: 65_536 });
  assert.equal(backlogs.at(-1), null);
  type("ls");
  assert.deepEqual(take(), [{ offset: 65_536, text: "ls" }]);
  timers.advance(250);
  assert.equal(take().find(({ kind }) => kind === "paste_stopped")?.bytes, 65_536);
});

/** During a bracketed paste with a pending reset: the request's id, and what the page sends next. */
async function reset_in_mid_paste(paste = "x".repeat(100_000)) {
  const parts = make();
  const { session, sockets, open_running, output, drawn, take } = parts;
  open_running();
  output(0, "\x1b[?2004h");
  await drawn();
  session.paste(paste);
  take();
  const done = session.reset();
  const { id, type } = take().at(-1);
  assert.equal(type, "reset");
  sockets.last.say({ type: "input_ack", input_offset: Math.min(paste.length, 65_536) });
  const typed = () => take().filter(({ text }) => text);
  assert.deepEqual(typed(), [], "a fresh shell would treat it as typed input");
  return { ...parts, done, id, typed };
}

const REFUSAL = { type: "error", code: "sandbox_unavailable", message: "no room" };

test("a reset that is refused during a paste ends the paste, so that the old shell accepts input again", async () => {
  const { done, id, sockets, typed } = await reset_in_mid_paste();
  sockets.last.say({ ...REFUSAL, id });
  await assert.rejects(done, { code: "sandbox_unavailable" });
  assert.deepEqual(typed(), [{ offset: 65_536, text: "\x1b[201~" }]);
});

test("no end of a paste is sent if none was cut short, or to a fresh shell, or to another task's", async () => {
  const whole = await reset_in_mid_paste("short");
  whole.sockets.last.say({ ...REFUSAL, id: whole.id });
  await assert.rejects(whole.done, { code: "sandbox_unavailable" });
  assert.deepEqual(whole.typed(), []);

  const fresh = await reset_in_mid_paste();
  fresh.sockets.last.say({ type: "done", id: fresh.id });
  await fresh.done;
  assert.deepEqual(fresh.typed(), []);

  const other = await reset_in_mid_paste();
  other.running({ stream: "s2" });
  other.sockets.last.say({ ...REFUSAL, code: "wrong_task", id: other.id });
  await assert.rejects(other.done, { code: "wrong_task" });
  assert.deepEqual(other.typed(), []);
});

test("a reset that was abandoned during a paste sends nothing when the page takes over again", async () => {
  const { done, session, sockets, running, typed } = await reset_in_mid_paste();
  sockets.last.break(4001);
  await assert.rejects(done, { code: "abandoned" });
  session.start();
  sockets.last.open();
  running({ input_offset: 65_536 });
  assert.deepEqual(typed(), []);
});

test("reports the round trip", () => {
  const { open_running, sockets, timers, take } = make();
  open_running();
  timers.advance(10_000);
  timers.advance(30);
  sockets.last.say({ type: "pong", t: 10_000, input_offset: 0, output_offset: 0, state_number: 2 });
  timers.advance(250);
  assert.deepEqual(take().at(-1), { type: "observation", kind: "round_trip", milliseconds: 30, at: 1_010_030 });
});

test("an older server that does not know a report shows no error", () => {
  const { open_running, sockets, errors } = make();
  open_running();
  sockets.last.say({ type: "error", code: "bad_message", message: "type: expected hello, …" });
  assert.deepEqual(errors, []);
});
