import assert from "node:assert/strict";
import { test } from "node:test";

import { part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";
import { Countdown } from "../../static/js/app/countdown.js";

const timers = new FakeTimers();
const countdown = new Countdown(timers);
const shown = () => [part("clock").textContent, part("clock_words").textContent, part("clock_box").dataset.level];

test("counts down from the server's last value, warns once for each level, and ends at zero", () => {
  countdown.set(31, 100);
  assert.deepEqual(shown(), ["0:31", "left", "enough"]);
  timers.advance(1000);
  assert.deepEqual(shown(), ["0:30", "left", "soon"]);
  timers.advance(5000);
  assert.deepEqual(shown(), ["0:25", "left", "last"]);
  assert.deepEqual(part("announcer").texts, ["30 seconds left.", "25 seconds left."]);
  timers.advance(60_000);
  assert.deepEqual(shown(), ["0:00", "left", "last"]);
  assert.equal(timers.pending, 0);
});

test("a newer value of the server applies", () => {
  countdown.set(50, 100);
  timers.advance(10_000);
  countdown.set(45, 100);
  timers.advance(1000);
  assert.equal(shown()[0], "0:44");
});

test("is paused while the server's clock is, and says so", () => {
  countdown.set(90, 100, true);
  timers.advance(30_000);
  assert.deepEqual(shown(), ["1:30", "left, paused", "enough"]);
  assert.equal(countdown.in_words, "1 minute and 30 seconds left, paused");
  assert.equal(timers.pending, 0);
  countdown.set(90, 100);
  timers.advance(1000);
  assert.deepEqual(shown(), ["1:29", "left", "enough"]);
});

test("is hidden when no task runs", () => {
  countdown.set(null, 0);
  assert.equal(part("clock_box").hidden, true);
  assert.equal(countdown.in_words, "");
  assert.equal(timers.pending, 0);
});

test("wakes only when the text changes", () => {
  let wakes = 0;
  const counting = {
    now: () => timers.now(),
    set: (/** @type {() => void} */ action, /** @type {number} */ delay) =>
      timers.set(() => {
        wakes++;
        action();
      }, delay),
    clear: (/** @type {unknown} */ timer) => timers.clear(timer),
  };
  new Countdown(counting).set(10.4, 100);
  timers.advance(5000);
  assert.equal(shown()[0], "0:06");
  assert.equal(wakes, 5);
});
