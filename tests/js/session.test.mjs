import assert from "node:assert/strict";
import { test } from "node:test";

import { settle } from "./support/fake_timers.mjs";
import { make_session as make, RUNNING, PASSED } from "./support/session_parts.mjs";

test("a new page sends hello without a stream, and nothing else before the welcome", () => {
  const { emulator, open, running, take, type } = make();
  open();
  assert.deepEqual(take(), [{ type: "hello", columns: 80, rows: 24, output_offset: 0, sandbox: "" }]);
  type("lost");
  emulator.resize(100, 30);
  assert.deepEqual(take(), []);
  running({ input_offset: 7 });
  assert.deepEqual(take(), [{ type: "resize", columns: 100, rows: 30 }]);
  type("x");
  assert.deepEqual(take(), [{ offset: 7, text: "x" }]);
});

test("draws output and acknowledges it once drawn, small pieces together", async () => {
  const { timers, open_running, output, drawn, take, line } = make();
  open_running();
  output(0, "one ");
  output(4, "two");
  assert.deepEqual(take(), []);
  await drawn();
  assert.equal(line(0), "one two");
  assert.deepEqual(take(), []);
  timers.advance(50);
  assert.deepEqual(take(), [{ type: "ack", output_offset: 7 }]);
  timers.advance(1000);
  assert.deepEqual(take(), []);
});

test("acknowledges a flood without waiting", async () => {
  const { open_running, output, drawn, take } = make();
  open_running();
  output(0, "x".repeat(40_000));
  await drawn();
  assert.deepEqual(take(), [{ type: "ack", output_offset: 40_000 }]);
});

test("continues after a reconnect: input from the server's offset, output without overlap", async () => {
  const { open_running, reopen, running, output, drawn, sockets, take, line, type } = make();
  open_running();
  output(0, "$ ");
  type("abc");
  take();
  sockets.last.say({ type: "input_ack", input_offset: 1 });
  sockets.last.break();
  type("de");
  await reopen(4002);
  assert.deepEqual(take(), [{ type: "hello", columns: 80, rows: 24, output_offset: 2, stream: "s1", input_offset: 3, sandbox: "" }]);
  running({ input_offset: 2, output_offset: 2 });
  assert.deepEqual(take().filter((frame) => frame.text), [{ offset: 2, text: "cde" }]);
  output(0, "$ abcde");
  await drawn();
  assert.equal(line(0), "$ abcde");
});

test("after a gap it sends one hello on the same socket, and waits for the welcome", async () => {
  const { open_running, running, output, drawn, sockets, take, line, type } = make();
  open_running();
  output(0, "ab");
  output(5, "fg");
  output(7, "hi");
  type("x");
  assert.deepEqual(take(), [{ type: "hello", columns: 80, rows: 24, output_offset: 2, stream: "s1", input_offset: 0, sandbox: "" }]);
  running({ output_offset: 2 });
  assert.deepEqual(take().filter((frame) => frame.text), [{ offset: 0, text: "x" }]);
  output(2, "cdefghi");
  await drawn();
  assert.equal(line(0), "abcdefghi");
  assert.equal(sockets.all.length, 1);
});

test("clears the screen if the server's buffer does not reach back far enough", async () => {
  const { open_running, reopen, running, output, drawn, take, line, type } = make();
  open_running();
  output(0, "old");
  await drawn();
  await reopen();
  take();
  running({ output_offset: 5_000_000 });
  output(5_000_000, "new");
  await drawn();
  assert.equal(line(0), "new");
  type("x");
  assert.ok(take().some((frame) => frame.text === "x"));
});

test("drops the terminal's answers to replayed output, exact to the byte", async () => {
  const { open, running, output, drawn, take } = make();
  open();
  running({ answered_offset: 6 });
  take();
  output(0, "ab\x1b[6n\x1b[5n");
  await drawn();
  assert.deepEqual(take().filter((frame) => frame.text), [{ offset: 0, text: "\x1b[0n" }]);
});

test("starts a task: input before its welcome does not go to the shell, later input does", async () => {
  const { session, sockets, open, welcome, running, output, drawn, states, take, line, type } = make();
  open();
  welcome();
  take();
  type("too early");
  const started = session.start_task(1);
  type("still too early");
  const [request, ...more] = take();
  assert.deepEqual(more, []);
  assert.equal(request.type, "start_task");
  assert.equal(request.task, 1);
  running({ id: request.id });
  await started;
  output(0, "$ ");
  type("ls");
  assert.deepEqual(take().filter((frame) => frame.text), [{ offset: 0, text: "ls" }]);
  await drawn();
  assert.equal(line(0), "$ ");
  assert.deepEqual(states, ["ready 1", "running 2"]);
  assert.equal(sockets.all.length, 1);
});

test("starts a task, although the connection breaks while it starts", async () => {
  const { session, open, reopen, welcome, running, take, type } = make();
  open();
  welcome();
  take();
  const started = session.start_task(1);
  const [request] = take();
  await reopen();
  take();
  running();
  assert.deepEqual(take(), [request]);
  type("not yet");
  running({ id: request.id });
  await started;
  type("x");
  assert.deepEqual(take(), [{ offset: 0, text: "x" }]);
});

test("a task that cannot start is rejected with its reason, and the state stays", async () => {
  const { session, sockets, open, welcome, take, errors } = make();
  open();
  welcome();
  take();
  const started = session.start_task(1);
  const [{ id }] = take();
  sockets.last.say({ type: "error", code: "sandbox_unavailable", message: "no room", id });
  await assert.rejects(started, { code: "sandbox_unavailable" });
  assert.equal(session.state?.state, "ready");
  assert.deepEqual(errors, []);
});

test("the next task has its own streams", async () => {
  const { session, sockets, open_running, running, output, drawn, take, line, type } = make();
  open_running();
  output(0, "first task");
  type("echo");
  take();
  sockets.last.say({ type: "state", state: PASSED });
  type("after the end");
  assert.deepEqual(take(), []);
  const started = session.start_task(2);
  const [request] = take();
  running({ id: request.id, stream: "s2", state: { ...RUNNING, state_number: 4 } });
  await started;
  output(0, "second");
  await drawn();
  assert.equal(line(0), "second");
  type("x");
  assert.deepEqual(take().filter((frame) => frame.text), [{ offset: 0, text: "x" }]);
});

test("drawn output of an old stream is not acknowledged in the new one", async () => {
  const { timers, open_running, running, output, drawn, take } = make();
  open_running();
  output(0, "x".repeat(40_000));
  running({ stream: "s2" });
  await drawn();
  timers.advance(1000);
  assert.deepEqual(take(), []);
});

test("drawn output of an old stream does not count as drawn in the new one", () => {
  const { emulator, open_running, running, output, take } = make();
  /** @type {(() => void)[]} */
  const undrawn = [];
  emulator.write = (_, done = () => {}) => undrawn.push(done);
  open_running();
  output(0, "x".repeat(40_000));
  running({ stream: "s2" });
  output(0, "y".repeat(40_000));
  undrawn.shift()?.();
  assert.deepEqual(take().filter(({ type }) => type === "ack"), []);
  for (const done of undrawn) done();
  assert.deepEqual(take(), [{ type: "ack", output_offset: 40_000 }]);
});

test("a reset does not clear the terminal, which the new output does, and the streams continue", async () => {
  const { session, sockets, emulator, open_running, output, drawn, take, line, type } = make();
  open_running();
  output(0, "\x1b[?1049hmess");
  const done = session.reset();
  const [{ type: kind, id, task }] = take();
  assert.deepEqual([kind, task], ["reset", 1]);
  await drawn();
  assert.equal(line(0), "mess", "the old sandbox stays until the new one is ready");
  output(12, "y\r\n\x1bcfresh");
  sockets.last.say({ type: "done", id });
  await done;
  await drawn();
  assert.deepEqual([line(0), emulator.buffer.active.type], ["fresh", "normal"]);
  type("x");
  assert.deepEqual(take().filter((frame) => frame.text), [{ offset: 0, text: "x" }]);
});

test("after a reconnect, input before a pending reset is sent first, then the reset, then later input", async () => {
  const { session, sockets, open_running, running, take, timers, type } = make();
  open_running();
  type("for the old shell");
  take();
  sockets.last.break();
  void session.reset();
  type("for the new one");
  timers.advance(5000);
  await settle();
  sockets.last.open();
  take();
  running({ input_offset: 4 });
  const order = take().filter(({ type, text }) => text || type === "reset").map(({ type, text }) => text ?? type);
  assert.deepEqual(order, ["the old shell", "reset", "for the new one"]);
});

test("give_up is repeated on a new connection until it is done", async () => {
  const { session, sockets, open_running, reopen, running, welcome, take } = make();
  open_running();
  const done = session.give_up();
  const [request] = take();
  assert.equal(request.task, 1, "the repeated request names another task");
  await reopen();
  take();
  running();
  assert.deepEqual(take(), [request]);
  sockets.last.say({ type: "done", id: request.id });
  await done;
  await reopen();
  take();
  welcome({ state: PASSED });
  assert.deepEqual(take(), []);
});

test("pending requests are not repeated after a takeover or a refusal", async () => {
  for (const how of ["replaced", "refused"]) {
    const { session, sockets, timers, open_running, running, take } = make({ authorize: async () => "unknown_access_code" });
    open_running();
    sockets.last.break();
    const asked = Promise.all([assert.rejects(session.give_up(), { code: "abandoned" }), assert.rejects(session.reset(), { code: "abandoned" })]);
    timers.advance(5000);
    if (how === "replaced") sockets.last.break(4001);
    else sockets.last.break();
    timers.advance(5000);
    await asked;
    session.start();
    await settle();
    if (how === "refused") continue;
    sockets.last.open();
    running();
    timers.advance(60_000);
    assert.deepEqual(take().filter(({ type }) => type === "give_up" || type === "reset"), []);
  }
});

test("after a takeover by a newer tab the page reconnects only on start()", async () => {
  const { session, sockets, timers, open_running, output, take } = make();
  open_running();
  output(0, "abc");
  sockets.last.say({ type: "replaced" });
  sockets.last.break(4001);
  timers.advance(600_000);
  await settle();
  assert.equal(sockets.all.length, 1);
  session.start();
  await settle();
  sockets.last.open();
  assert.deepEqual(take(), [{ type: "hello", columns: 80, rows: 24, output_offset: 3, stream: "s1", input_offset: 0, sandbox: "" }]);
});

test("follows the size of the terminal, and sends each size once", () => {
  const { emulator, open_running, take } = make();
  open_running();
  emulator.resize(100, 30);
  emulator.resize(100, 30);
  emulator.resize(90, 30);
  assert.deepEqual(take(), [
    { type: "resize", columns: 100, rows: 30 },
    { type: "resize", columns: 90, rows: 30 },
  ]);
});

test("a pong with a newer state number makes the page request the state", () => {
  const { sockets, open_running, take } = make();
  open_running();
  sockets.last.say({ type: "pong", t: 1, input_offset: 0, output_offset: 0, state_number: 2 });
  assert.deepEqual(take(), []);
  sockets.last.say({ type: "pong", t: 1, input_offset: 0, output_offset: 0, state_number: 3 });
  assert.deepEqual(take().map(({ type }) => type), ["hello"]);
});

test("a large paste respects the window", async () => {
  const { sockets, open_running, take, type } = make();
  open_running();
  type("p".repeat(150_000));
  const length = (/** @type {any[]} */ frames) => frames.reduce((sum, frame) => sum + frame.text.length, 0);
  assert.equal(length(take()), 65536);
  sockets.last.say({ type: "input_ack", input_offset: 65536 });
  assert.equal(length(take()), 65536);
  sockets.last.say({ type: "input_ack", input_offset: 131072 });
  assert.equal(length(take()), 150_000 - 131072);
});

test("an error without a request is reported, and the connection stays", () => {
  const { session, sockets, open_running, errors } = make();
  open_running();
  sockets.last.say({ type: "error", code: "internal", message: "the disk is full" });
  sockets.last.say({ type: "something new" });
  assert.deepEqual(errors, ["internal"]);
  assert.equal(session.takes_input, true);
});

test("says what the server does to start a sandbox, with and without a task", () => {
  const { session, sockets, open, welcome, running, sentences } = make();
  open();
  welcome();
  void session.start_task(1);
  sockets.last.say({ type: "sandbox_starting", text: "Loading the disk image" });
  running({ id: 1 });
  sockets.last.say({ type: "sandbox_starting", text: "Filling the home", more: 1 });
  assert.deepEqual(sentences, ["Loading the disk image", "Filling the home"]);
});

const STEP = { id: "about", kind: "questionnaire", number: 2, total: 9, answers: {} };
const IN_STEP = { state: "step", state_number: 1, task: null, previous: null, step: STEP };

test("answers that were given without a connection are sent after it, before the end of the form, and once", async () => {
  const { session, sockets, timers, open, reopen, welcome, take } = make();
  open();
  welcome({ state: IN_STEP });
  take();
  session.answer(STEP, "years", 4, false);
  session.answer(STEP, "job", "Nur", true);
  assert.deepEqual(take(), [{ type: "step_answer", step: "about", field: "years", value: 4 }]);
  timers.advance(500);
  assert.deepEqual(take(), [{ type: "step_answer", step: "about", field: "job", value: "Nur" }]);
  sockets.last.break(1006);
  session.answer(STEP, "job", "Nurse", true);
  const end = session.finish_step(STEP, { answers: { years: 4, job: "Nurse" } });
  await reopen();
  take();
  welcome({ state: { ...IN_STEP, step: { ...STEP, answers: { years: 4, job: "Nur" } } } });
  const [answer, done, ...rest] = take().filter(({ type }) => type.startsWith("step_"));
  assert.deepEqual([answer, done.type, done.answers, rest], [{ type: "step_answer", step: "about", field: "job", value: "Nurse" }, "step_done", { years: 4, job: "Nurse" }, []]);
  sockets.last.say({ type: "done", id: done.id });
  await end;
});

test("answers of this tab are not sent again after another tab has continued", () => {
  const { session, sockets, open, welcome, take } = make();
  open();
  welcome({ state: IN_STEP });
  session.answer(STEP, "years", 4, false);
  sockets.last.say({ type: "replaced" });
  session.start();
  sockets.last.open();
  take();
  welcome({ state: { ...IN_STEP, step: { ...STEP, answers: { years: 5 } } } });
  assert.deepEqual(take().filter(({ type }) => type === "step_answer"), []);
});

test("a refused form has the faults of its answers, and one that is too early the time left", async () => {
  const { session, sockets, open, welcome, take } = make();
  open();
  welcome({ state: IN_STEP });
  take();
  const fields = [{ name: "years", message: "Enter a number from 0 to 60." }];
  const end = session.finish_step(STEP, {});
  const [{ id }] = take();
  sockets.last.say({ type: "error", code: "bad_answers", message: "1 answer is wrong", id, fields });
  await assert.rejects(end, (/** @type {any} */ error) => error.code === "bad_answers" && error.fields[0].message === fields[0].message);
  const early = session.finish_step(STEP, { choice: "agree" });
  const [request] = take();
  assert.deepEqual(request, { type: "step_done", id: request.id, step: "about", choice: "agree" });
  sockets.last.say({ type: "error", code: "too_early", message: "wait", id: request.id, seconds_left: 2.5 });
  await assert.rejects(early, (/** @type {any} */ error) => error.seconds_left === 2.5);
});

test("a hand-in, the solution and a withdrawal are requests about the running task", async () => {
  const { session, sockets, open_running, take } = make();
  open_running();
  const handed_in = session.hand_in();
  const solution = session.show_solution();
  const left = session.withdraw(true);
  const requests = take();
  assert.deepEqual(requests.map(({ type, task, delete: deletes }) => [type, task, deletes]), [["submit", 1, undefined], ["show_solution", 1, undefined], ["withdraw", undefined, true]]);
  sockets.last.say({ type: "done", id: requests[0].id });
  sockets.last.say({ type: "solution", id: requests[1].id, lines: ["find css", "ls"] });
  sockets.last.say({ type: "done", id: requests[2].id });
  assert.deepEqual(await Promise.all([handed_in, solution, left]), [undefined, ["find css", "ls"], undefined]);
});
