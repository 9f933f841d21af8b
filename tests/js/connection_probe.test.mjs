import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../static/js/core/api.js";
import { make_connection as make } from "./support/connection_parts.mjs";
import { settle } from "./support/fake_timers.mjs";

/** Servers that do not answer, or refuse the page. */

test("a probe pings at once, waits visibly after 0.25 s, and drops the connection after 2 s", async () => {
  const { connection, sockets, timers, take_events, connect } = make();
  await connect();
  sockets.last.take();
  connection.probe();
  assert.deepEqual(sockets.last.take(), [{ type: "ping", t: 0 }]);
  timers.advance(249);
  assert.equal(connection.status.name, "connected");
  timers.advance(1);
  assert.equal(connection.status.name, "waiting");
  timers.advance(1000);
  connection.probe();
  connection.check_now();
  assert.deepEqual(sockets.last.take(), [], "a second probe extended the deadline");
  timers.advance(749);
  assert.equal(connection.status.name, "waiting");
  timers.advance(1);
  assert.deepEqual(take_events(), ["waiting 0", "closed", "lost 0"]);
});

test("a probe with a quick answer is not visible, and the next one starts again", async () => {
  const { connection, sockets, timers, take_events, connect } = make();
  await connect();
  for (let time = 0; time < 3; time++) {
    connection.probe();
    timers.advance(200);
    sockets.last.say({ type: "pong" });
    timers.advance(1800);
  }
  assert.deepEqual(take_events(), []);
  connection.probe();
  timers.advance(649);
  assert.deepEqual(take_events(), [], "a slow connection gets two more round trips");
  timers.advance(1);
  sockets.last.say({ type: "input_ack" });
  assert.deepEqual(take_events(), ["waiting 0", "connected 0"]);
  timers.advance(9_999);
  assert.equal(connection.status.name, "connected");
});

test("a probe shortens the deadline of a pending ping", async () => {
  const { connection, sockets, timers, connect } = make();
  await connect();
  timers.advance(10_500);
  sockets.last.take();
  connection.probe();
  assert.equal(sockets.last.take().length, 1);
  timers.advance(2000);
  assert.equal(connection.status.name, "lost");
});

test("a page with another participant's cookie logs in before it reconnects", async () => {
  /** @type {boolean[]} */
  const asked = [];
  const authorize = async (/** @type {boolean} */ logs_in_first) => {
    asked.push(logs_in_first);
    return /** @type {const} */ ("admitted");
  };
  const { sockets, timers, connect } = make({ authorize });
  await connect();
  sockets.last.break(4003);
  timers.advance(5000);
  await settle();
  assert.deepEqual([asked, sockets.all.length], [[true], 2]);
  sockets.last.break();
  timers.advance(5000);
  await settle();
  assert.deepEqual(asked, [true, false], "after a successful login, the cookie is trusted again");
});

test("keeps the server's reason, and distinguishes a refused WebSocket from a server that is down", async () => {
  /** @type {Error | null} */
  let failure = new TypeError("Failed to fetch");
  const authorize = async () => {
    if (failure !== null) throw failure;
    return /** @type {const} */ ("admitted");
  };
  const { connection, sockets, timers } = make({ authorize });
  connection.start();
  sockets.last.break();
  assert.equal(connection.status.reason, "close 1006");
  const next = async () => {
    timers.advance(5000);
    await settle();
  };
  await next();
  assert.equal(connection.status.reason, "no answer");
  failure = new ApiError(404, "not_found", "no such path");
  await next();
  assert.equal(connection.status.reason, "not_found");
  failure = null;
  await next();
  sockets.last.break();
  assert.equal(connection.status.reason, "websocket refused");
});
