import assert from "node:assert/strict";
import { test } from "node:test";

import { make_session } from "./support/session_parts.mjs";

/** The pings among the sent messages. @param {any[]} sent */
const pings = (sent) => sent.filter(({ type }) => type === "ping");

/** Pages that name their participant, and input when the sandbox is replaced. */

test("every hello names the participant", async () => {
  const { open, running, take, reopen } = make_session({ participant: "7" });
  open();
  assert.deepEqual(take(), [{ type: "hello", columns: 80, rows: 24, output_offset: 0, participant: "7", sandbox: "" }]);
  running({ sandbox: "a" });
  take();
  await reopen();
  const [hello] = take();
  assert.deepEqual([hello.participant, hello.sandbox], ["7", "a"]);
});

test("after unknown_stream the page sends hello without a stream, and clears the terminal", async () => {
  const { open_running, output, drawn, line, type, reopen, sockets, take, running, errors } = make_session();
  open_running();
  output(0, "old");
  await drawn();
  type("x");
  await reopen();
  take();
  sockets.last.say({ type: "error", code: "unknown_stream", message: "no" });
  assert.deepEqual(take(), [{ type: "hello", columns: 80, rows: 24, output_offset: 0, sandbox: "" }]);
  running({ stream: "s9" });
  assert.deepEqual(take(), [], "nothing of the old stream is sent");
  output(0, "new");
  await drawn();
  assert.deepEqual([line(0), errors], ["new", []]);
});

test("wrong_participant is not shown as an error", () => {
  const { open, sockets, errors } = make_session();
  open();
  sockets.last.say({ type: "error", code: "wrong_participant", message: "no" });
  assert.deepEqual(errors, []);
});

test("after a restart with another sandbox, earlier input is sent for the record only", async () => {
  const { open, running, type, reopen, take, replacements, sockets } = make_session();
  open();
  running({ sandbox: "a" });
  take();
  type("vim");
  sockets.last.say({ type: "input_ack", input_offset: 2 });
  sockets.last.break();
  type("rm");
  await reopen();
  take();
  running({ sandbox: "b", input_offset: 3 });
  assert.deepEqual(take(), [
    { type: "sandbox_seen", sandbox: "b", input_offset: 5 },
    { offset: 3, text: "rm" },
  ]);
  assert.deepEqual(replacements, [true]);
  type("ls");
  assert.deepEqual(take(), [{ offset: 5, text: "ls" }]);
});

test("the offset of sandbox_seen follows input that moves", async () => {
  const { open, running, type, reopen, take } = make_session();
  open();
  running({ sandbox: "a" });
  type("abc");
  take();
  await reopen();
  type("de");
  take();
  running({ sandbox: "b", input_offset: 90 });
  assert.deepEqual(take(), [
    { type: "sandbox_seen", sandbox: "b", input_offset: 92 },
    { offset: 90, text: "de" },
  ]);
});

test("input that was sent to a server that died is discarded, too, and the page says so", async () => {
  const { open, running, type, reopen, take, replacements } = make_session();
  open();
  running({ sandbox: "a" });
  type("rm");
  await reopen();
  take();
  running({ sandbox: "b", input_offset: 2 });
  assert.deepEqual([take(), replacements], [[{ type: "sandbox_seen", sandbox: "b", input_offset: 2 }], [true]]);
});

test("an adopted sandbox gets the input", async () => {
  const { open, running, type, reopen, take, replacements } = make_session();
  open();
  running({ sandbox: "a" });
  take();
  await reopen();
  type("ls");
  take();
  running({ sandbox: "a" });
  const seen = { type: "sandbox_seen", sandbox: "a", input_offset: 0 };
  assert.deepEqual([take(), replacements], [[seen, { offset: 0, text: "ls" }], []]);
});

test("sandbox_seen is repeated after each welcome until the stream ends", async () => {
  const { open, running, type, reopen, take, replacements, sockets } = make_session();
  open();
  running({ sandbox: "a" });
  type("rm");
  sockets.last.say({ type: "sandbox_replaced", sandbox: "b" });
  type("ls");
  take();
  const seen = { type: "sandbox_seen", sandbox: "b", input_offset: 2 };
  for (const input_offset of [0, 1, 2]) {
    await reopen();
    const [hello] = take();
    assert.equal(hello.sandbox, "b");
    running({ sandbox: "b", input_offset });
    assert.deepEqual(take(), [seen, { offset: input_offset, text: "rmls".slice(input_offset) }]);
  }
  sockets.last.say({ type: "input_ack", input_offset: 4 });
  await reopen();
  take();
  running({ sandbox: "b", input_offset: 4 });
  assert.deepEqual([take(), replacements], [[seen], [true]]);
  await reopen();
  take();
  running({ stream: "s2", sandbox: "c" });
  assert.deepEqual(take(), []);
});

test("after a reset, input for a sandbox that was lost before is still excluded", async () => {
  const { session, open, running, type, reopen, take, sockets } = make_session();
  open();
  running({ sandbox: "a" });
  type("rm");
  sockets.last.say({ type: "sandbox_replaced", sandbox: "b" });
  void session.reset();
  const { id } = take().at(-1);
  sockets.last.say({ type: "done", id, sandbox: "c" });
  await reopen();
  take();
  running({ sandbox: "c" });
  assert.deepEqual(take(), [
    { type: "sandbox_seen", sandbox: "c", input_offset: 2 },
    { offset: 0, text: "rm" },
  ]);
});

test("the offset of sandbox_seen follows input that moves, at each welcome", async () => {
  const { open, running, type, reopen, take, sockets } = make_session();
  open();
  running({ sandbox: "a" });
  type("abc");
  sockets.last.break();
  type("de");
  await reopen();
  sockets.last.break();
  await reopen();
  take();
  running({ sandbox: "b", input_offset: 90 });
  assert.deepEqual(take()[0], { type: "sandbox_seen", sandbox: "b", input_offset: 92 });
  await reopen();
  take();
  running({ sandbox: "b", input_offset: 200 });
  assert.deepEqual(take(), [{ type: "sandbox_seen", sandbox: "b", input_offset: 200 }]);
});

test("a replaced sandbox is seen once, at the end of the input", () => {
  const { open, running, type, take, sockets, replacements } = make_session();
  open();
  running({ sandbox: "a" });
  type("ab");
  take();
  sockets.last.say({ type: "sandbox_replaced", sandbox: "b" });
  sockets.last.say({ type: "sandbox_replaced", sandbox: "b" });
  assert.deepEqual([take(), replacements], [[{ type: "sandbox_seen", sandbox: "b", input_offset: 2 }], [true]]);
});

test("no input counts as discarded if all was acknowledged", () => {
  const { open, running, type, sockets, replacements } = make_session();
  open();
  running({ sandbox: "a" });
  type("ab");
  sockets.last.say({ type: "input_ack", input_offset: 2 });
  sockets.last.say({ type: "sandbox_replaced", sandbox: "b" });
  assert.deepEqual(replacements, [false]);
});

test("between hello and welcome, the welcome reports another sandbox", () => {
  const { session, open, running, take, sockets } = make_session();
  open();
  running({ sandbox: "a" });
  session.refresh();
  take();
  sockets.last.say({ type: "sandbox_replaced", sandbox: "b" });
  assert.deepEqual(take(), []);
  running({ sandbox: "b" });
  assert.deepEqual(take(), [{ type: "sandbox_seen", sandbox: "b", input_offset: 0 }]);
});

test("input after a reset is for the fresh sandbox, also if the answer was lost", async () => {
  const { session, open, running, type, take, reopen, sockets, replacements } = make_session();
  open();
  running({ sandbox: "a" });
  take();
  void session.reset();
  const [{ id }] = take();
  sockets.last.say({ type: "done", id, sandbox: "b" });
  type("x");
  take();
  sockets.last.say({ type: "input_ack", input_offset: 1 });
  void session.reset();
  take();
  sockets.last.break();
  type("ls");
  await reopen();
  take();
  running({ sandbox: "c", input_offset: 1 });
  const sent = take();
  assert.deepEqual(sent[0], { type: "sandbox_seen", sandbox: "c", input_offset: 1 });
  assert.deepEqual(sent.at(-1), { offset: 1, text: "ls" });
  assert.deepEqual(replacements, []);
});

test("the unsent part of a large paste into a lost sandbox is dropped", () => {
  const { open, running, type, take, sockets, replacements } = make_session();
  open();
  running({ sandbox: "a" });
  type("x".repeat(100_000));
  take();
  sockets.last.say({ type: "sandbox_replaced", sandbox: "b" });
  assert.deepEqual([take(), replacements], [[{ type: "sandbox_seen", sandbox: "b", input_offset: 65_536 }], [true]]);
});

test("input without an acknowledgement for 1.5 s starts a probe", () => {
  const { open_running, timers, type, take, sockets, connections } = make_session();
  open_running();
  timers.advance(3000);
  type("a");
  take();
  timers.advance(1499);
  assert.deepEqual(pings(take()), []);
  timers.advance(1);
  assert.equal(pings(take()).length, 1);
  timers.advance(250);
  assert.equal(connections.at(-1), "waiting");
  sockets.last.say({ type: "input_ack", input_offset: 1 });
  assert.equal(connections.at(-1), "connected");
  timers.advance(5000);
  assert.deepEqual(pings(take()), []);
});

test("more input does not postpone the probe", () => {
  const { open_running, timers, type, take } = make_session();
  open_running();
  for (let key = 0; key < 15; key++) {
    type("a");
    timers.advance(100);
  }
  assert.equal(pings(take()).length, 1);
});

test("acknowledgements in time start no probe, even during long typing", () => {
  const { open_running, timers, type, take, sockets } = make_session();
  open_running();
  for (let key = 1; key <= 9; key++) {
    type("a");
    timers.advance(1000);
    sockets.last.say({ type: "input_ack", input_offset: key });
  }
  assert.deepEqual(pings(take()), []);
});

test("a program that reads nothing causes probes, and the connection stays", () => {
  const { open_running, timers, type, take, sockets, connections } = make_session();
  open_running();
  type("a");
  for (let time = 0; time < 4; time++) {
    timers.advance(1500);
    const asked = pings(take());
    assert.equal(asked.length, 1);
    sockets.last.say({ type: "pong", t: asked[0].t, input_offset: 0, output_offset: 0, state_number: 2 });
  }
  assert.equal(connections.includes("waiting"), false);
});

test("a request without an answer starts a probe, too", () => {
  const { session, open, welcome, timers, take } = make_session();
  open();
  welcome();
  void session.start_task(1);
  take();
  timers.advance(1500);
  assert.equal(pings(take()).length, 1);
});

test("a large amount of input may take long over a slow connection", () => {
  const { open_running, timers, type, take } = make_session();
  open_running();
  type("x".repeat(60_000));
  timers.advance(5000);
  assert.deepEqual(pings(take()), []);
});
