import assert from "node:assert/strict";
import { test } from "node:test";

import { make_connection as make } from "./support/connection_parts.mjs";
import { settle } from "./support/fake_timers.mjs";

/** @typedef {import("../../static/js/core/connection.js").Verdict} Verdict */

/** @param {() => void} action */
function quietly(action) {
  const { error } = console;
  console.error = () => {};
  try {
    action();
  } finally {
    console.error = error;
  }
}

test("connects with the subprotocol and is connected once welcomed", () => {
  const { connection, sockets, take_events } = make();
  connection.start();
  assert.equal(sockets.last.protocol, "tellina.v1");
  assert.equal(sockets.last.binaryType, "arraybuffer");
  sockets.last.open();
  connection.welcomed();
  assert.deepEqual(take_events(), ["connecting 1", "greeting 1", "open", "connected 0"]);
  connection.start();
  assert.equal(sockets.all.length, 1);
});

test("waits longer after each failure, from 0.2 s to 5 s", async () => {
  const { connection, sockets, timers } = make();
  connection.start();
  const waits = [];
  for (let attempt = 1; attempt <= 8; attempt++) {
    sockets.last.break();
    assert.equal(connection.status.name, "lost");
    assert.equal(connection.status.attempt, attempt);
    const wait = connection.status.retry_at - timers.now();
    waits.push(wait);
    timers.advance(wait - 1);
    assert.equal(sockets.all.length, attempt);
    timers.advance(1);
    await settle();
    assert.equal(sockets.all.length, attempt + 1);
  }
  assert.deepEqual(waits, [200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

test("spreads the attempts of many pages", () => {
  const { connection, sockets, timers } = make({ random: () => 0 });
  connection.start();
  sockets.last.break();
  assert.equal(connection.status.retry_at - timers.now(), 100);
});

test("a socket that opens and is refused before the welcome counts as a failure", async () => {
  const { connection, sockets, timers } = make();
  connection.start();
  for (let attempt = 1; attempt <= 3; attempt++) {
    sockets.last.open();
    sockets.last.break(1013);
    assert.equal(connection.status.attempt, attempt);
    timers.advance(5000);
    await settle();
  }
});

test("reconnects after every close code except replaced", async () => {
  for (const code of [1000, 1001, 1006, 1008, 1011, 1013, 4002]) {
    const { sockets, timers, connect } = make();
    await connect();
    sockets.last.break(code);
    timers.advance(5000);
    await settle();
    assert.equal(sockets.all.length, 2, String(code));
  }
});

test("does not reconnect after a newer tab took over, until it is started again", async () => {
  for (const how of ["code", "message"]) {
    const { connection, sockets, timers, connect } = make();
    await connect();
    if (how === "code") sockets.last.break(4001);
    else connection.replaced();
    assert.equal(connection.status.name, "replaced");
    timers.advance(600_000);
    connection.check_now();
    await settle();
    assert.equal(sockets.all.length, 1);
    assert.equal(timers.pending, 0);
    connection.start();
    await settle();
    assert.equal(sockets.all.length, 2);
  }
});

test("checks the login only after an attempt that did not open", async () => {
  let asked = 0;
  const { sockets, timers, connect } = make({ authorize: async () => {
      asked++;
      return "admitted";
    }, });
  await connect();
  sockets.last.break();
  timers.advance(5000);
  await settle();
  assert.equal(asked, 0);
  sockets.last.break();
  timers.advance(5000);
  await settle();
  assert.equal(asked, 1);
  assert.equal(sockets.all.length, 3);
});

test("stops when the server no longer accepts the page", async () => {
  const { connection, sockets, timers } = make({ authorize: async () => "unknown_access_code" });
  connection.start();
  sockets.last.break();
  timers.advance(5000);
  await settle();
  assert.deepEqual([connection.status.name, connection.status.reason], ["refused", "unknown_access_code"]);
  assert.equal(timers.pending, 0);
  timers.advance(600_000);
  assert.equal(sockets.all.length, 1);
});

test("a server that cannot be asked is a failed attempt", async () => {
  const { connection, sockets, timers } = make({ authorize: () => Promise.reject(new TypeError("no network")) });
  connection.start();
  sockets.last.break();
  timers.advance(200);
  await settle();
  assert.equal(connection.status.name, "lost");
  assert.equal(connection.status.attempt, 2);
  assert.equal(sockets.all.length, 1);
});

test("stop() during a login check stops", async () => {
  /** @type {(verdict: Verdict) => void} */
  let answer = () => {};
  const { connection, sockets, timers } = make({ authorize: () => new Promise((resolve) => (answer = resolve)) });
  connection.start();
  sockets.last.break();
  timers.advance(200);
  connection.stop();
  answer("admitted");
  await settle();
  assert.equal(sockets.all.length, 1);
  assert.equal(connection.status.name, "stopped");
});

test("an attempt that hangs fails, also one without a welcome", async () => {
  for (const opens of [false, true]) {
    const { connection, sockets, timers } = make();
    connection.start();
    if (opens) sockets.last.open();
    timers.advance(9_999);
    assert.notEqual(connection.status.name, "lost");
    timers.advance(1);
    assert.equal(connection.status.name, "lost");
  }
});

test("an attempt whose login check hangs fails, and another follows", async () => {
  /** @type {((verdict: Verdict) => void)[]} */
  const answers = [];
  const { connection, sockets, timers } = make({ authorize: () => new Promise((resolve) => answers.push(resolve)) });
  connection.start();
  sockets.last.break();
  timers.advance(200);
  assert.deepEqual([connection.status.name, answers.length], ["connecting", 1]);
  timers.advance(9_999);
  assert.equal(connection.status.name, "connecting");
  timers.advance(1);
  assert.deepEqual([connection.status.name, connection.status.reason, connection.status.attempt], ["lost", "no answer", 2]);
  answers[0]("admitted");
  await settle();
  assert.equal(sockets.all.length, 1, "the answer comes too late");
  timers.advance(5000);
  answers[1]("admitted");
  await settle();
  assert.equal(sockets.all.length, 2);
});

test("check_now() restarts an attempt that has no answer after two seconds, but not a newer one", async () => {
  /** @type {((verdict: Verdict) => void)[]} */
  const answers = [];
  const { connection, sockets, timers } = make({ authorize: () => new Promise((resolve) => answers.push(resolve)) });
  connection.start();
  timers.advance(1999);
  connection.check_now();
  assert.equal(sockets.all.length, 1);
  sockets.last.break();
  timers.advance(200);
  timers.advance(1999);
  connection.check_now();
  assert.equal(answers.length, 1);
  timers.advance(1);
  connection.check_now();
  assert.equal(answers.length, 2);
  answers[0]("admitted");
  await settle();
  assert.equal(sockets.all.length, 1, "the cancelled attempt continues");
  answers[1]("admitted");
  await settle();
  assert.equal(sockets.all.length, 2);
  const hanging = sockets.last;
  timers.advance(2000);
  connection.check_now();
  answers[2]("admitted");
  await settle();
  assert.deepEqual([sockets.all.length, hanging.readyState], [3, 2]);
  sockets.last.open();
  connection.welcomed();
  assert.equal(connection.status.name, "connected");
});

test("check_now() restarts an attempt that has no welcome after two seconds", async () => {
  const { connection, sockets, timers } = make();
  connection.start();
  sockets.last.open();
  const unwelcome = sockets.last;
  timers.advance(1999);
  connection.check_now();
  await settle();
  assert.deepEqual([connection.status.name, sockets.all.length], ["greeting", 1]);
  timers.advance(1);
  connection.check_now();
  await settle();
  assert.deepEqual([connection.status.name, sockets.all.length, unwelcome.readyState], ["connecting", 2, 2]);
  sockets.last.open();
  connection.welcomed();
  timers.advance(9_999);
  assert.equal(connection.status.name, "connected", "the first attempt's end is not this one's");
});

test("pings every 10 s, waits visibly after 2 s without an answer, and drops the connection after 5 s", async () => {
  const { connection, sockets, timers, take_events, connect } = make();
  await connect();
  sockets.last.take();
  timers.advance(9_999);
  assert.deepEqual(sockets.last.take(), []);
  timers.advance(1);
  assert.deepEqual(sockets.last.take(), [{ type: "ping", t: 10_000 }]);
  timers.advance(4_000);
  sockets.last.say({ type: "pong" });
  timers.advance(10_000);
  assert.deepEqual(sockets.last.take(), [{ type: "ping", t: 24_000 }]);
  assert.deepEqual(take_events(), ["waiting 0", "connected 0"]);
  timers.advance(4_999);
  assert.equal(connection.status.name, "connected", "the last answer took four seconds");
  timers.advance(1);
  assert.deepEqual(take_events(), ["closed", "lost 0"]);
  assert.equal(sockets.last.readyState, 2);
});

test("messages of a dropped socket are ignored", async () => {
  const { sockets, timers, frames, take_events, connect } = make();
  await connect();
  const old = sockets.last;
  timers.advance(15_000);
  take_events();
  old.say({ type: "state" });
  old.break(4001);
  assert.deepEqual(frames, []);
  assert.deepEqual(take_events(), []);
});

test("check_now() reconnects at once if the connection is lost, and pings otherwise", async () => {
  const { connection, sockets, timers, connect } = make();
  await connect();
  sockets.last.take();
  connection.check_now();
  connection.check_now();
  assert.equal(sockets.last.take().length, 1);
  timers.advance(2000);
  assert.equal(connection.status.name, "lost");
  connection.check_now();
  await settle();
  assert.equal(sockets.all.length, 2);
  sockets.last.open();
  connection.welcomed();
  timers.advance(5000);
  assert.equal(sockets.all.length, 2);
});

test("says why the connection was lost", async () => {
  let has_network = true;
  const { connection, sockets, timers, connect } = make({ is_online: () => has_network });
  await connect();
  sockets.last.break(1006);
  assert.equal(connection.status.reason, "close 1006");
  timers.advance(200);
  await settle();
  sockets.last.open();
  connection.welcomed();
  assert.equal(connection.status.reason, "");
  timers.advance(15_000);
  assert.equal(connection.status.reason, "ping timeout");
  timers.advance(200);
  await settle();
  has_network = false;
  sockets.last.break(1006);
  assert.equal(connection.status.reason, "offline");
});

test("pings every 10 s, also when the server sends a lot", async () => {
  const { sockets, timers, connect } = make();
  await connect();
  sockets.last.take();
  for (let second = 0; second < 35; second++) {
    timers.advance(1000);
    sockets.last.say({ type: "input_ack" });
  }
  assert.equal(sockets.last.take().length, 3);
});

test("a frame that cannot be read breaks the connection", async () => {
  const { connection, sockets, connect } = make();
  await connect();
  quietly(() => sockets.last.say('"broken"'));
  assert.equal(connection.status.name, "lost");
});

test("sends only on an open socket", async () => {
  const { connection, sockets, connect } = make();
  assert.equal(connection.send("x"), false);
  await connect();
  assert.equal(connection.send('{"type": "ack"}'), true);
  assert.deepEqual(sockets.last.take(), [{ type: "ack" }]);
  sockets.last.break();
  assert.equal(connection.send("x"), false);
});
