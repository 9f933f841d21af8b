import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import "./support/vendor.mjs";
import { active, part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";
import { READY, RUNNING } from "./support/session_parts.mjs";

const { TaskActions } = await import("../../static/js/app/task_actions.js");

/** @type {string[]} */
const pressed = [];
const timers = new FakeTimers();
const note = (/** @type {string} */ what) => () => void pressed.push(what);
const actions = new TaskActions({ timers, on_reset: note("reset"), on_give_up: note("give up"), on_hand_in: note("hand in"), on_show_solution: note("solution") });
/** @param {object} [more] */
const show = (more = {}) => actions.show(/** @type {any} */ ({ ...RUNNING, task: { ...RUNNING.task, ...more } }));
const NAMES = ["reset", "show_solution", "give_up", "hand_in"];
const shown = () => (part("actions").hidden ? [] : NAMES.filter((name) => !part(name).hidden));

beforeEach(() => pressed.splice(0));

test("an older server's task can be reset and given up, while it runs", () => {
  actions.show(/** @type {any} */ (READY));
  assert.deepEqual(shown(), []);
  show();
  assert.deepEqual(shown(), ["reset", "give_up"]);
});

test("only what the task offers is shown", () => {
  show({ give_up: true, start_over: true, hand_in: "automatic", tries_left: 1, give_up_in_seconds: null, solution_in_seconds: null });
  assert.deepEqual(shown(), ["reset", "give_up"]);
  show({ give_up: false, start_over: false, hand_in: "automatic" });
  assert.deepEqual(shown(), []);
  show({ give_up: false, start_over: false, hand_in: "button", tries_left: 2 });
  assert.deepEqual([shown(), part("hand_in").textContent], [["hand_in"], "Hand in (2 tries)"]);
  show({ hand_in: "both", tries_left: 1, solution_in_seconds: 0 });
  assert.deepEqual([shown(), part("hand_in").textContent], [NAMES, "Hand in"]);
  part("hand_in").click();
  part("show_solution").click();
  assert.deepEqual(pressed, ["hand in", "solution"]);
});

test("giving up and the solution are offered after their times", () => {
  show({ give_up: false, give_up_in_seconds: 90, solution_in_seconds: 60 });
  assert.deepEqual([shown(), part("give_up").textContent], [["reset", "give_up"], "Give up in 1:30"]);
  part("give_up").click();
  timers.advance(59_000);
  assert.deepEqual([shown(), part("give_up").textContent], [["reset", "give_up"], "Give up in 0:31"]);
  timers.advance(1_000);
  assert.deepEqual(shown(), ["reset", "show_solution", "give_up"]);
  timers.advance(29_000);
  part("give_up").click();
  assert.deepEqual(pressed, []);
  timers.advance(1_000);
  assert.equal(part("give_up").textContent, "Give up");
  part("give_up").click();
  assert.deepEqual(pressed, ["give up"]);
});

test("a pending request cannot be repeated, and its button keeps the focus", () => {
  show({ hand_in: "both", tries_left: 2, solution_in_seconds: 0 });
  part("reset").focus();
  actions.set_busy(true);
  for (const name of ["reset", "give_up", "hand_in", "show_solution"]) part(name).click();
  assert.deepEqual(pressed, []);
  assert.equal(active(), part("reset"));
  actions.set_busy(false);
  part("reset").click();
  part("give_up").click();
  assert.deepEqual(pressed, ["reset", "give up"]);
});

test("a paused clock makes nothing available", () => {
  show({ give_up_in_seconds: 5, solution_in_seconds: 5, clock_stands: true });
  timers.advance(60_000);
  assert.deepEqual([shown(), part("give_up").textContent], [["reset", "give_up"], "Give up in 0:05"]);
  actions.set_busy(false);
  assert.equal(part("give_up").textContent, "Give up in 0:05");
  show({ give_up_in_seconds: 5, solution_in_seconds: 5, clock_stands: false });
  timers.advance(5_000);
  assert.deepEqual([shown(), part("give_up").textContent], [["reset", "show_solution", "give_up"], "Give up"]);
});
