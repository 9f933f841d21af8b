import assert from "node:assert/strict";
import { test } from "node:test";

import { counts, is_our_failure, outcome_of, outcomes_of } from "../../static/js/app/outcomes.js";
import { PASSED, READY } from "./support/session_parts.mjs";

/** @typedef {import("../../static/js/core/protocol.js").StudyState} StudyState */

const state = (/** @type {object} */ fields) => /** @type {StudyState} */ (fields);

test("each outcome has its own card and words", () => {
  const told = ["passed", "timed_out", "gave_up", "failed", "handed_in", "interrupted"].map((name) => outcome_of({ number: 3, state: name }));
  assert.deepEqual(told.map(({ card }) => card), ["passed", "timed_out", "gave_up", "not_solved", "handed_in", "failed"]);
  assert.equal(new Set(told.map(({ in_short }) => in_short)).size, 6);
  for (const { heading } of told) assert.match(heading("Practice task 3"), /practice task 3/i);
});

test("a failure on our side, or an unknown state, never counts", () => {
  for (const name of ["interrupted", "of_a_newer_server"]) {
    const { heading, sentence } = outcome_of({ number: 1, state: name });
    assert.equal(heading("Task 1"), "Task 1 ended early");
    assert.match(sentence, /Our server failed.*does not count/);
  }
});

test("a task that was handed in without a verdict is neither solved nor not, and no failure", () => {
  const counted = ["passed", "failed", "handed_in", "interrupted"].map((name) => ({ number: 1, state: name })).map((task) => [counts(task), is_our_failure(task)]);
  assert.deepEqual(counted, [[true, false], [true, false], [false, false], [false, true]]);
});

test("an older server reports only the last task", () => {
  assert.deepEqual(outcomes_of(state(READY)), []);
  assert.deepEqual(outcomes_of(state(PASSED)), [{ number: 1, state: "passed" }]);
  const outcomes = [{ number: 1, state: "gave_up" }, { number: 2, state: "passed" }];
  assert.deepEqual(outcomes_of(state({ ...PASSED, outcomes })), outcomes);
});
