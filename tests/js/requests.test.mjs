import assert from "node:assert/strict";
import { test } from "node:test";

import { RequestError, Requests } from "../../static/js/core/requests.js";
import { FakeTimers } from "./support/fake_timers.mjs";

function make() {
  const timers = new FakeTimers();
  const line = { is_open: true };
  /** @type {any[]} */
  const sent = [];
  let next_byte = 0;
  const requests = new Requests({
    send: (request) => line.is_open && sent.push(request) > 0,
    timers,
    random_bytes: (length) => Uint8Array.from({ length }, () => next_byte++),
    repeat_after: 10_000,
  });
  return { requests, timers, line, take: () => sent.splice(0) };
}

test("carries an id, and is fulfilled by the answer to it", async () => {
  const { requests, timers, take } = make();
  const answer = requests.ask({ type: "start_task", task: 2 });
  const [{ id, ...request }] = take();
  assert.deepEqual(request, { type: "start_task", task: 2 });
  assert.ok(Number.isSafeInteger(id));
  assert.equal(requests.is_waiting("start_task"), true);
  assert.equal(requests.is_waiting("reset"), false);
  assert.equal(requests.fulfil(id + 1), false);
  assert.equal(requests.fulfil(undefined), false);
  assert.equal(requests.fulfil(id), true);
  assert.equal(requests.fulfil(id), false);
  await answer;
  assert.equal(timers.pending, 0);
});

test("ids are exact and differ", () => {
  const { requests, take } = make();
  void requests.ask({ type: "reset", task: 1 });
  void requests.ask({ type: "give_up", task: 1 });
  assert.deepEqual(take().map((request) => request.id), [0x000102030405, 0x060708090a0b]);
});

test("is repeated with the same id until answered", async () => {
  const { requests, timers, take } = make();
  const answer = requests.ask({ type: "reset", task: 1 });
  const [first] = take();
  timers.advance(10_000);
  timers.advance(10_000);
  assert.deepEqual(take(), [first, first]);
  requests.fulfil(first.id);
  timers.advance(100_000);
  assert.deepEqual(take(), []);
  await answer;
});

test("waits for a connection, and is repeated on a new one in the order of asking", () => {
  const { requests, timers, line, take } = make();
  line.is_open = false;
  void requests.ask({ type: "start_task", task: 1 });
  void requests.ask({ type: "give_up", task: 1 });
  timers.advance(60_000);
  assert.deepEqual(take(), []);
  line.is_open = true;
  requests.send_all();
  assert.deepEqual(take().map(({ type }) => type), ["start_task", "give_up"]);
  requests.send_all();
  assert.deepEqual(take().map(({ type }) => type), ["start_task", "give_up"]);
  assert.equal(timers.pending, 2);
});

test("is rejected with the code and the message of the error", async () => {
  const { requests, take } = make();
  const answer = requests.ask({ type: "start_task", task: 1 });
  const [{ id }] = take();
  assert.equal(requests.refuse({ type: "error", code: "internal", message: "no id" }), false);
  assert.equal(requests.refuse({ type: "error", code: "sandbox_unavailable", message: "no room", reference: "3F7A", id }), true);
  await assert.rejects(answer, (error) => {
    assert.ok(error instanceof RequestError);
    assert.equal(error.code, "sandbox_unavailable");
    assert.equal(error.message, "no room");
    assert.equal(error.reference, "3F7A");
    return true;
  });
});
