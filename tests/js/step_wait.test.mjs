import assert from "node:assert/strict";
import { test } from "node:test";

import "./support/vendor.mjs";
import { part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";

const { StepWait } = await import("../../static/js/app/step_wait.js");

const step = (/** @type {object} */ more) => /** @type {any} */ ({ id: "x", kind: "page", number: 1, total: 2, ...more });

/** @param {object} more */
function make(more) {
  const timers = new FakeTimers();
  const changes = { count: 0 };
  const wait = new StepWait(timers, step(more), () => changes.count++);
  return { timers, changes, wait, text: () => (wait.element.hidden ? "" : wait.element.textContent) };
}

test("a step without times says none, nor does one of an older server", () => {
  for (const more of [{}, { at_least_in_seconds: 0, seconds_left: null }]) {
    const { wait, text } = make(more);
    assert.deepEqual([wait.is_over, text()], [true, ""]);
  }
});

test("a break whose time is over says so, and may be left at any time", () => {
  const { wait, text } = make({ kind: "break", at_least_in_seconds: 0, seconds_left: 800 });
  assert.deepEqual([wait.is_over, text()], [true, "13:20 left in the break."]);
  wait.set(step({ kind: "break", at_least_in_seconds: 0, seconds_left: 0 }));
  assert.deepEqual([wait.is_over, text()], [true, "The break is over. Please continue."]);
});

test("counts down until the participant may leave, and says so once", () => {
  const { timers, changes, wait, text } = make({ at_least_in_seconds: 61.5, seconds_left: null });
  assert.deepEqual([wait.is_over, text()], [false, "You can continue in 1 minute and 2 seconds."]);
  timers.advance(60_500);
  assert.deepEqual([wait.is_over, text(), changes.count], [false, "You can continue in 1 second.", 0]);
  timers.advance(1_000);
  assert.deepEqual([wait.is_over, text(), changes.count, part("announcer").textContent], [true, "", 1, "You can continue now."]);
  wait.begin(2.2);
  assert.deepEqual([wait.is_over, text(), changes.count], [false, "You can continue in 3 seconds.", 2]);
});

test("a break counts down to its end, and does not end by itself", () => {
  const { timers, wait, text } = make({ kind: "break", at_least_in_seconds: 10, seconds_left: 60 });
  assert.equal(text(), "You can continue in 10 seconds. 1:00 left in the break.");
  timers.advance(10_000);
  assert.deepEqual([wait.is_over, text()], [true, "0:50 left in the break."]);
  timers.advance(50_000);
  assert.deepEqual([text(), part("announcer").textContent], ["The break is over. Please continue.", "The break is over. Please continue."]);
  timers.advance(50_000);
  assert.deepEqual([wait.is_over, text()], [true, "The break is over. Please continue."]);
});

test("the server's times correct the countdown, as after the computer has slept; a card that is gone counts no more", () => {
  const { timers, wait, text, changes } = make({ at_least_in_seconds: 80 });
  wait.set(step({ at_least_in_seconds: 5 }));
  assert.equal(text(), "You can continue in 5 seconds.");
  wait.stop();
  timers.advance(60_000);
  assert.equal(changes.count, 0);
});
