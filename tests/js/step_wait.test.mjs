import assert from "node:assert/strict";
import { test } from "node:test";

import "./support/vendor.mjs";
import { part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";

const { StepWait, times_of } = await import("../../static/js/app/step_wait.js");

const step = (/** @type {object} */ more) => /** @type {any} */ ({ id: "x", kind: "page", number: 1, total: 2, ...more });

/** @param {object} more */
function make(more) {
  const timers = new FakeTimers();
  const changes = { count: 0 };
  const wait = new StepWait(timers, step(more), () => changes.count++);
  return { timers, changes, wait, text: () => (wait.element.hidden ? "" : wait.element.textContent) };
}

test("the times of a step: how long to stay, and what is left of a break", () => {
  const cases = /** @type {const} */ ([
    [{}, { wait: 0, rest: null }],
    [{ at_least_in_seconds: 0, seconds_left: null }, { wait: 0, rest: null }],
    [{ at_least_in_seconds: 60, seconds_left: 12.5 }, { wait: 12.5, rest: null }],
    [{ at_least_in_seconds: 60, seconds_left: -3 }, { wait: 0, rest: null }],
    [{ kind: "break", at_least_in_seconds: 60, seconds_left: 12 }, { wait: 12, rest: null }],
    [{ kind: "break", at_least_in_seconds: 0, seconds_left: 800 }, { wait: 0, rest: 800 }],
    [{ kind: "break", at_least_in_seconds: 60, at_most_in_seconds: 900, seconds_left: 860 }, { wait: 20, rest: 860 }],
    [{ kind: "break", at_least_in_seconds: 60, at_most_in_seconds: 900, seconds_left: -5 }, { wait: 0, rest: -5 }],
  ]);
  for (const [more, times] of cases) assert.deepEqual(times_of(step(more)), times, JSON.stringify(more));
});

test("counts down until the participant may leave, and says so once", () => {
  const { timers, changes, wait, text } = make({ at_least_in_seconds: 90, seconds_left: 61.5 });
  assert.deepEqual([wait.is_over, text()], [false, "You can continue in 1 minute and 2 seconds."]);
  timers.advance(60_500);
  assert.deepEqual([wait.is_over, text(), changes.count], [false, "You can continue in 1 second.", 0]);
  timers.advance(1_000);
  assert.deepEqual([wait.is_over, text(), changes.count, part("announcer").textContent], [true, "", 1, "You can continue now."]);
  wait.begin(2.2);
  assert.deepEqual([wait.is_over, text(), changes.count], [false, "You can continue in 3 seconds.", 2]);
});

test("a break counts down to its end, and does not end by itself", () => {
  const { timers, wait, text } = make({ kind: "break", at_least_in_seconds: 10, at_most_in_seconds: 60, seconds_left: 60 });
  assert.equal(text(), "You can continue in 10 seconds. 1:00 left in the break.");
  timers.advance(10_000);
  assert.deepEqual([wait.is_over, text()], [true, "0:50 left in the break."]);
  timers.advance(50_000);
  assert.deepEqual([text(), part("announcer").textContent], ["The break is over. Please continue.", "The break is over. Please continue."]);
  timers.advance(50_000);
  assert.deepEqual([wait.is_over, text()], [true, "The break is over. Please continue."]);
});

test("the server's times correct the countdown, as after the computer has slept; a card that is gone counts no more", () => {
  const { timers, wait, text, changes } = make({ at_least_in_seconds: 90, seconds_left: 80 });
  wait.set(step({ at_least_in_seconds: 90, seconds_left: 5 }));
  assert.equal(text(), "You can continue in 5 seconds.");
  wait.stop();
  timers.advance(60_000);
  assert.equal(changes.count, 0);
});
