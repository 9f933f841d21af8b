import { keyboard_notice, screen_reader_notice, read_out } from "./card.js";
import { button, element, set_usable } from "./dom.js";
import { markdown_box } from "./markdown.js";
import { outcome_of } from "./outcomes.js";
import { failure_in_words, limit_in_words, position_in_words, recording_in_words, task_in_words, try_in_words } from "./words.js";

/** @import { StudyState } from "../core/protocol.js" */
/** @import { About } from "./about.js" */
/** @import { PlainPage } from "./plain_page.js" */

const NOT_STARTED = { heading: "We could not start your terminal.", sentence: "Your clock has not started." };

/**
 * Shows the last task's outcome, the next task, and a button that starts it. Before the first task it says what is recorded.
 * @param {PlainPage} screen
 * @param {StudyState} state That is `ready`.
 * @param {About} about
 * @param {() => Promise<void>} start Rejected if the task could not be started.
 * @returns {(sentence: string) => void} Shows what happens while the terminal is prepared.
 */
export function show_start(screen, state, about, start) {
  const { task, previous } = state;
  if (task === null) return () => {};
  const outcome = previous === null ? null : outcome_of(previous);
  const error_box = element("div", { class: "error", role: "alert", hidden: true });
  const preparation = element("p", { class: "preparation", role: "status", hidden: true });
  const is_again = (task.try?.number ?? 1) > 1;
  const start_button = button(is_again ? "Try it again" : previous === null ? "Start" : "Start the next task", press, "main");

  async function press() {
    set_usable(start_button, false);
    start_button.textContent = "Preparing your terminal…";
    error_box.hidden = true;
    try {
      await start();
    } catch (error) {
      const { heading, sentence } = failure_in_words(error, NOT_STARTED, about.contact);
      error_box.replaceChildren(element("p", {}, element("strong", {}, heading)), element("p", {}, sentence));
      error_box.hidden = false;
      preparation.hidden = true;
      start_button.textContent = "Try again";
      set_usable(start_button, true);
    }
  }

  const words =
    outcome === null || previous === null
      ? { card: "start", heading: "Ready to start?", sign: "terminal" }
      : { card: outcome.card, heading: outcome.heading(task_in_words(previous)), sign: outcome.sign };
  const time = read_out(element("p", {}, limit_in_words(task)));
  const is_first = task.number === 1 && !is_again;
  screen.show(
    { ...words, footer: [time, preparation, start_button] },
    ...(is_first ? [screen_reader_notice()] : []),
    ...(outcome === null || outcome.sentence === "" ? [] : [read_out(element("p", {}, outcome.sentence))]),
    keyboard_notice(),
    ...(is_first ? [read_out(element("p", { class: "recorded" }, `${recording_in_words(about, { has_treatment: Boolean(task.treatment) })}${about.contact === "" ? "" : ` Questions? ${about.contact}`}`))] : []),
    read_out(
      element(
        "div",
        { class: "preview" },
        element("p", { class: "quiet" }, [position_in_words(state), try_in_words(task)].filter((words) => words !== "").join(", ")),
        ...(task.title ? [element("h3", {}, task.title)] : []),
        task.description === "" ? element("p", {}, "You see the task when you start it.") : markdown_box(task.description),
        ...(task.treatment ? [element("h3", {}, task.treatment.title), ...(task.treatment.text ? [markdown_box(task.treatment.text)] : [])] : []),
      ),
    ),
    error_box,
  );
  return (sentence) => {
    preparation.textContent = sentence;
    preparation.hidden = false;
  };
}
