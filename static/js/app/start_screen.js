import { button, element, set_usable } from "./dom.js";
import { render_markdown } from "./markdown.js";
import { outcome_of } from "./outcomes.js";
import { button_row, keyboard_notice } from "./screen.js";
import { duration_in_words, failure_in_words } from "./words.js";

/** @import { StudyState } from "../core/protocol.js" */
/** @import { Screen } from "./screen.js" */

/**
 * What came of the last task, the next one, and a button that starts it.
 * @param {Screen} screen
 * @param {StudyState} state That is `ready`.
 * @param {{start: () => Promise<void>, open_settings: () => void}} actions `start` is rejected when the task could not be started.
 */
export function show_start(screen, state, { start, open_settings }) {
  const { task, previous } = state;
  if (task === null) return;
  const outcome = previous === null ? null : outcome_of(previous);
  const complaint = element("div", { class: "complaint", role: "alert", hidden: true });
  const start_button = button(previous === null ? "Start" : "Start the next task", press, "main");

  async function press() {
    set_usable(start_button, false);
    start_button.textContent = "Preparing your terminal…";
    complaint.hidden = true;
    try {
      await start();
    } catch (error) {
      const { heading, sentence } = failure_in_words(error, "Your terminal could not be started, and none of your time has been used.");
      complaint.replaceChildren(element("p", {}, element("strong", {}, heading)), element("p", {}, sentence));
      complaint.hidden = false;
      start_button.textContent = "Try again";
      set_usable(start_button, true);
    }
  }

  const happened = outcome !== null && previous !== null ? [element("p", {}, outcome.sentence(previous.number))] : [];
  screen.show(
    outcome ?? { card: "start", heading: "Ready to start?", sign: "terminal" },
    ...happened,
    keyboard_notice(),
    element(
      "div",
      { class: "preview" },
      element("p", { class: "quiet" }, `Task ${task.number} of ${task.total}`),
      markdown(task.description),
    ),
    element("p", {}, `You have ${duration_in_words(task.duration_in_seconds)}. The clock starts once your terminal is ready.`),
    complaint,
    button_row(button("Settings", open_settings), start_button),
  );
}

/** @param {string} text */
function markdown(text) {
  const place = element("div", { class: "markdown" });
  place.append(render_markdown(text));
  return place;
}
