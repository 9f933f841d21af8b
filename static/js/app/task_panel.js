import { CheckView } from "./check_view.js";
import { find, set_usable, when_pressed } from "./dom.js";
import { render_markdown } from "./markdown.js";

/** @import { OutputAnnouncer } from "./announcer.js" */
/** @import { Progress, StudyState } from "../core/protocol.js" */

/** The task's text, the last check, and the buttons that reset the files or end the task. */
export class TaskPanel {
  #text = find("task_text");
  #description = find("description");
  #check;
  #actions = find("actions");
  #reset = find("reset");
  #give_up = find("give_up");
  #task_number = 0;
  #task_type = "";

  /** @param {{announcer: OutputAnnouncer, on_reset: () => void, on_give_up: () => void}} parts */
  constructor({ announcer, on_reset, on_give_up }) {
    this.#check = new CheckView(announcer);
    when_pressed(this.#reset, on_reset);
    when_pressed(this.#give_up, on_give_up);
  }

  /** @param {StudyState} state */
  show(state) {
    const { task } = state;
    this.#actions.hidden = state.state !== "running";
    this.#task_type = task?.type ?? "";
    if (this.#task_number === task?.number && state.state === "running") return;
    this.#description.replaceChildren(...(task === null ? [] : [render_markdown(task.description)]));
    this.#text.scrollTop = 0;
    this.#task_number = task?.number ?? 0;
    this.#check.clear();
  }

  /** The task is over. Its text stays; the last check is outdated. */
  end() {
    this.#actions.hidden = true;
    this.#check.clear();
  }

  /** @param {Progress} progress */
  show_progress(progress) {
    this.#check.show(progress, this.#task_type);
  }

  /** The last check in one sentence; empty if there is none. */
  get check_in_words() {
    return this.#check.in_words;
  }

  clear_progress() {
    this.#check.clear();
  }

  /** Disables both buttons while one of their requests is pending. @param {boolean} are_busy */
  set_busy(are_busy) {
    for (const button of [this.#reset, this.#give_up]) set_usable(button, !are_busy);
  }
}
