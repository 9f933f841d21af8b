import { button_row } from "./screen.js";
import { button, element } from "./dom.js";
import { duration_in_words } from "./words.js";

/** @import { StudyState, PreviousTask } from "../core/protocol.js" */
/** @import { Screen } from "./screen.js" */

/** What came of the task before. @type {Record<string, {card: string, heading: string, sentence: string}>} */
const OUTCOMES = {
  passed: { card: "passed", heading: "Well done!", sentence: "You have solved task" },
  timed_out: { card: "timed_out", heading: "Time is up", sentence: "Time ran out for task" },
  gave_up: { card: "gave_up", heading: "On to the next one", sentence: "You have ended task" },
};

/** @param {PreviousTask | null} previous */
export function outcome_of(previous) {
  return previous === null ? undefined : OUTCOMES[previous.state];
}

/**
 * What came of the last task, the next one, and a button that starts it.
 * @param {Screen} screen
 * @param {StudyState} state That is `ready`.
 * @param {() => Promise<void>} start Rejected when the task could not be started.
 */
export function show_start(screen, state, start) {
  const { task, previous } = state;
  if (task === null) return;
  const outcome = outcome_of(previous);
  const complaint = element("p", { class: "complaint", role: "alert", hidden: true });
  const start_button = button(previous === null ? "Start" : "Start the next task", press, "main");

  async function press() {
    start_button.disabled = true;
    start_button.textContent = "Preparing your terminal…";
    complaint.hidden = true;
    try {
      await start();
    } catch (error) {
      complaint.textContent = `The task could not be started: ${error instanceof Error ? error.message : error}`;
      complaint.hidden = false;
      start_button.textContent = "Try again";
      start_button.disabled = false;
    }
  }

  const happened = outcome && previous ? [element("p", {}, `${outcome.sentence} ${previous.number}.`)] : [];
  screen.show(
    outcome?.card ?? "start",
    outcome?.heading ?? "Ready to start?",
    ...happened,
    element("p", {}, element("strong", {}, `Task ${task.number} of ${task.total}`)),
    element("div", { class: "description" }, task.description),
    element("p", { class: "quiet" }, `You have ${duration_in_words(task.duration_in_seconds)}. The clock starts once your terminal is ready.`),
    complaint,
    button_row(start_button),
  );
}
