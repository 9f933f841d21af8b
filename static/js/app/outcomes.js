/** @import { PreviousTask, StudyState } from "../core/protocol.js" */

/**
 * @typedef {object} OutcomeWords
 * @property {string} card
 * @property {string} sign
 * @property {(task: string) => string} heading Of the task, such as "Task 2".
 * @property {string} sentence May be empty.
 * @property {string} in_short
 */

/** Outcomes of a task by state. @type {Record<string, OutcomeWords>} */
const OUTCOMES = {
  passed: { card: "passed", sign: "passed", heading: (task) => `${task} solved`, sentence: "", in_short: "solved" },
  timed_out: { card: "timed_out", sign: "timed_out", heading: (task) => `Time is up for ${task.toLowerCase()}`, sentence: "That is fine.", in_short: "time is up" },
  failed: { card: "not_solved", sign: "gave_up", heading: (task) => `${task} ended`, sentence: "It was not solved. You had no tries left.", in_short: "not solved" },
  handed_in: { card: "handed_in", sign: "end", heading: (task) => `${task} handed in`, sentence: "", in_short: "handed in" },
  gave_up: { card: "gave_up", sign: "gave_up", heading: (task) => `${task} skipped`, sentence: "", in_short: "skipped" },
};

/** Every other state is a failure on our side. @type {OutcomeWords} */
const OUR_FAILURE = {
  card: "failed",
  sign: "trouble",
  heading: (task) => `${task} ended early`,
  sentence: "Our server failed. This task does not count.",
  in_short: "our server failed",
};

/** @param {PreviousTask} previous @returns {OutcomeWords} */
export function outcome_of(previous) {
  return OUTCOMES[previous.state] ?? OUR_FAILURE;
}

/** Whether the participant may know that the task was or was not solved, and it is not a failure on our side. @param {PreviousTask} previous */
export function counts(previous) {
  return previous.state in OUTCOMES && previous.state !== "handed_in";
}

/** Whether the server failed in the task. @param {PreviousTask} previous */
export function is_our_failure(previous) {
  return !(previous.state in OUTCOMES);
}

/** All ended tasks that the server reports. @param {StudyState} state @returns {PreviousTask[]} */
export function outcomes_of({ outcomes, previous }) {
  return outcomes ?? (previous === null ? [] : [previous]);
}
