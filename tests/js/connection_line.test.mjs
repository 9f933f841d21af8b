import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { body, part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";
import { ConnectionLine } from "../../static/js/app/connection_line.js";

/** @typedef {import("../../static/js/core/connection.js").ConnectionStatus} ConnectionStatus */

const LOST = /** @type {ConnectionStatus} */ ({ name: "lost", attempt: 1, retry_at: 3000, reason: "close 1006" });
const status = (/** @type {ConnectionStatus["name"]} */ name, attempt = 0) => ({ ...LOST, name, attempt, retry_at: 0 });
const text = () => part("connection").textContent;

beforeEach(() => {
  part("announcer").texts = [];
  body.dataset.state = "running";
});

test("counts down to the next attempt, and tells a screen reader only that it broke and that it is back", () => {
  const timers = new FakeTimers();
  const line = new ConnectionLine(timers);
  line.show(status("connected"));
  assert.deepEqual([text(), body.dataset.connection, part("announcer").texts], ["Connected", "connected", []]);
  line.show(LOST);
  const first = "Connection lost. Attempt 2 in 3 seconds. What you type is kept.";
  assert.equal(text(), first);
  timers.advance(2500);
  assert.equal(text(), "Connection lost. Attempt 2 in 1 second. What you type is kept.");
  line.show(status("connecting", 2));
  assert.equal(timers.pending, 0);
  line.show({ ...LOST, attempt: 2, retry_at: 9000 });
  line.show(status("connecting", 3));
  line.show(status("connected"));
  assert.deepEqual(part("announcer").texts, [first, "Connected"]);
  assert.equal(timers.pending, 0);
});

test("promises to keep what is typed only while a task runs", () => {
  body.dataset.state = "ready";
  const timers = new FakeTimers();
  new ConnectionLine(timers).show(LOST);
  assert.equal(text(), "Connection lost. Attempt 2 in 3 seconds.");
});
