import { announce } from "./announcer.js";
import { CheckView } from "./check_view.js";
import { find } from "./dom.js";
import { code_box, markdown_box, render_markdown } from "./markdown.js";
import { TreatmentPanel } from "./treatment.js";
import { tries_in_words } from "./words.js";

/** @import { OutputAnnouncer } from "./announcer.js" */
/** @import { Progress, StudyState } from "../core/protocol.js" */

/** The task's text, what may be used for it, the last check, and the result of a hand-in. */
export class TaskPanel {
  #text = find("task_text");
  #heading = find("task_heading");
  #description = find("description");
  #expected = find("expected");
  #expected_text = find("expected_text");
  #solution = find("solution");
  #solution_text = find("solution_text");
  #verdict = find("verdict");
  #check;
  #treatment;
  /** What is shown, to notice another task, another try, or a text that was just revealed. */
  #shown = "";
  #task_type = "";
  /** @type {number | null} */
  #tries_left = null;

  /** @param {{announcer: OutputAnnouncer, on_link: (url: string) => void}} parts */
  constructor({ announcer, on_link }) {
    this.#check = new CheckView(announcer);
    this.#treatment = new TreatmentPanel(on_link);
  }

  /** @param {StudyState} state */
  show(state) {
    const { task } = state;
    this.#task_type = task?.type ?? "";
    const { number = 0, title = "", description = "", expected, treatment } = task ?? {};
    const shown = JSON.stringify([number, task?.practice, task?.try, title, description, expected, treatment]);
    const is_running = state.state === "running";
    if (shown !== this.#shown || !is_running) {
      this.#shown = shown;
      this.#heading.textContent = title || "Your task";
      this.#heading.className = title === "" ? "unseen" : "";
      this.#description.replaceChildren(...(description === "" ? [] : [render_markdown(description)]));
      this.#expected.hidden = !expected;
      this.#expected_text.replaceChildren(...(expected ? [markdown_box(expected)] : []));
      this.#treatment.show(treatment);
      this.#text.scrollTop = 0;
      this.#solution.hidden = true;
      this.#clear_results();
      this.#tries_left = null;
    }
    this.#show_tries(task?.tries_left ?? null);
  }

  /** The task is over. Its text stays; the last check is outdated. */
  end() {
    this.#clear_results();
  }

  /** @param {Progress} progress */
  show_progress(progress) {
    this.#check.show(progress, this.#task_type);
  }

  /** @param {string[]} lines */
  show_solution(lines) {
    this.#solution_text.replaceChildren(code_box(lines.join("\n")));
    this.#solution.hidden = false;
    this.#solution.scrollIntoView({ block: "nearest" });
    this.#solution.focus();
  }

  /** The last check in one sentence; empty if there is none. */
  get check_in_words() {
    return this.#check.in_words;
  }

  clear_progress() {
    this.#check.clear();
  }

  /** The server judges a hand-in. */
  await_verdict() {
    this.#say("Your work is being checked…");
  }

  clear_verdict() {
    this.#verdict.hidden = true;
  }

  /** A hand-in that has used up a try has failed. @param {number | null} tries_left */
  #show_tries(tries_left) {
    if (tries_left !== null && this.#tries_left !== null && tries_left < this.#tries_left) {
      this.#say(`What you handed in was not right. You have ${tries_in_words(tries_left)}.`);
    }
    this.#tries_left = tries_left;
  }

  /** @param {string} verdict */
  #say(verdict) {
    this.#verdict.textContent = verdict;
    this.#verdict.hidden = false;
    announce(verdict);
  }

  #clear_results() {
    this.#check.clear();
    this.clear_verdict();
  }
}
