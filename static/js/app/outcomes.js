/** @import { PreviousTask, StudyState } from "../core/protocol.js" */

/**
 * @typedef {object} OutcomeWords
 * @property {string} card
 * @property {string} sign
 * @property {string} heading
 * @property {(number: number) => string} sentence
 * @property {string} in_short
 */

/** What came of a task. @type {Record<string, OutcomeWords>} */
const OUTCOMES = {
  passed: {
    card: "passed",
    sign: "passed",
    heading: "Well done!",
    sentence: (number) => `You have solved task ${number}.`,
    in_short: "passed",
  },
  timed_out: {
    card: "timed_out",
    sign: "timed_out",
    heading: "Time is up",
    sentence: (number) => `The time for task ${number} is over. That happens, and it is part of the study.`,
    in_short: "time ran out",
  },
  gave_up: {
    card: "gave_up",
    sign: "gave_up",
    heading: "On to the next one",
    sentence: (number) => `You have ended task ${number}.`,
    in_short: "given up",
  },
};

/** Any other end is none of the participant's doing. @type {OutcomeWords} */
const OUR_FAILURE = {
  card: "failed",
  sign: "trouble",
  heading: "Something went wrong on our side",
  sentence: (number) => `Task ${number} had to end early. It was not your doing, and it does not count against you.`,
  in_short: "ended by a fault of ours",
};

/** @param {PreviousTask} previous @returns {OutcomeWords} */
export function outcome_of(previous) {
  return OUTCOMES[previous.state] ?? OUR_FAILURE;
}

/** Whether it is the participant's own, and not a fault of ours. @param {PreviousTask} previous */
export function counts(previous) {
  return previous.state in OUTCOMES;
}

/** All tasks that have ended, as far as the server tells. @param {StudyState} state @returns {PreviousTask[]} */
export function outcomes_of({ outcomes, previous }) {
  return outcomes ?? (previous === null ? [] : [previous]);
}
