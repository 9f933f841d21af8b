import assert from "node:assert/strict";
import { test } from "node:test";

import { part } from "./support/fake_page.mjs";
import { PASSED, READY } from "./support/session_parts.mjs";
import { Steps } from "../../static/js/app/steps.js";

const steps = new Steps();
/** @param {object} state @returns {(string | undefined)[] | null} Null if no row is shown. */
function shown(state) {
  steps.show(/** @type {import("../../static/js/core/protocol.js").StudyState} */ (state));
  return part("steps").hidden ? null : part("steps").all("span").map(({ dataset }) => dataset.step);
}

test("one segment for each task: its outcome, the current one, and those ahead", () => {
  const outcomes = [{ number: 1, state: "passed" }, { number: 2, state: "interrupted" }];
  assert.deepEqual(shown({ ...READY, task: { ...READY.task, number: 3, total: 5 }, outcomes }), ["passed", "interrupted", "current", "ahead", "ahead"]);
});

test("an older server reports the last task; the earlier ones have ended", () => {
  assert.deepEqual(shown(PASSED), ["passed", "current"]);
  assert.deepEqual(shown({ ...PASSED, task: { ...PASSED.task, number: 3, total: 3 }, previous: { number: 2, state: "gave_up" } }), ["ended", "gave_up", "current"]);
});

test("any number of tasks has its segments, closer together where they are many; one task and the end have none", () => {
  const of = (/** @type {number} */ total) => shown({ ...READY, task: { ...READY.task, total } });
  assert.deepEqual([of(1), shown({ ...READY, state: "finished", task: null })], [null, null]);
  for (const [total, density] of /** @type {const} */ ([[2, "loose"], [22, "loose"], [31, "close"], [100, "packed"]])) {
    assert.deepEqual([of(total)?.length, part("steps").dataset.density], [total, density]);
  }
});

test("a step has its place among all steps; those before it have ended, whatever came of their tasks", () => {
  const step = { id: "break-3", kind: "break", number: 3, total: 4 };
  assert.deepEqual(shown({ ...READY, state: "step", task: null, step, outcomes: [{ number: 1, state: "passed" }] }), ["ended", "ended", "current", "ahead"]);
});
