import assert from "node:assert/strict";
import { test } from "node:test";

import "./support/vendor.mjs";
import { active, part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";
import { PASSED, READY, RUNNING } from "./support/session_parts.mjs";

const { OutputAnnouncer } = await import("../../static/js/app/announcer.js");
const { TaskPanel } = await import("../../static/js/app/task_panel.js");

/** @type {string[]} */
const pressed = [];
const panel = new TaskPanel({ announcer: new OutputAnnouncer(new FakeTimers()), on_reset: () => pressed.push("reset"), on_give_up: () => pressed.push("give up") });
/** @param {any} state @param {string} description */
const show = (state, description) => panel.show({ ...state, task: state.task && { ...state.task, description } });
const PROGRESS = /** @type {const} */ ({ type: "progress", matched: 1, missing: 0, extra: 0, incorrect: 0 });

test("shows the task, and its buttons only while it runs", () => {
  show(READY, "one");
  assert.match(part("description").textContent, /one/);
  assert.equal(part("actions").hidden, true);
  show(RUNNING, "one");
  assert.equal(part("actions").hidden, false);
});

test("updates of the running task keep the last check and the scroll position; another task resets them", () => {
  panel.show_progress(PROGRESS);
  part("task_text").scrollTop = 40;
  show(RUNNING, "one");
  assert.deepEqual([part("check").hidden, part("task_text").scrollTop], [false, 40]);
  show(PASSED, "two");
  assert.deepEqual([part("check").hidden, part("task_text").scrollTop], [true, 0]);
  assert.match(part("description").textContent, /two/);
  show({ ...READY, state: "finished", task: null }, "");
  assert.equal(part("description").textContent, "");
});

test("a pending request cannot be repeated, and its button keeps the focus", () => {
  part("reset").focus();
  panel.set_busy(true);
  part("reset").click();
  part("give_up").click();
  assert.deepEqual(pressed, []);
  assert.equal(active(), part("reset"));
  panel.set_busy(false);
  part("reset").click();
  part("give_up").click();
  assert.deepEqual(pressed, ["reset", "give up"]);
});
