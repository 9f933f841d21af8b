import { CheckView } from "./check_view.js";
import { button, element, find } from "./dom.js";
import { render_markdown } from "./markdown.js";

/** @import { Progress, StudyState } from "../core/protocol.js" */

/** What the participant is asked to do, how far they are, and the buttons that begin again or end the task. */
export class TaskPanel {
  #panel = find("task");
  #description = find("description");
  #check = new CheckView();
  #actions = find("actions");
  #notice = find("notice");
  #reset = /** @type {HTMLButtonElement} */ (find("reset"));
  #give_up = /** @type {HTMLButtonElement} */ (find("give_up"));
  #task_number = 0;

  /** @param {{on_reset: () => void, on_give_up: () => void}} events */
  constructor({ on_reset, on_give_up }) {
    this.#reset.addEventListener("click", on_reset);
    this.#give_up.addEventListener("click", on_give_up);
  }

  /** @param {StudyState} state */
  show(state) {
    const { task } = state;
    this.#actions.hidden = state.state !== "running";
    if (this.#task_number === task?.number && state.state === "running") return;
    this.#description.replaceChildren(...(task === null ? [] : [render_markdown(task.description)]));
    this.#panel.scrollTop = 0;
    this.#task_number = task?.number ?? 0;
    this.#check.clear();
    this.notice("");
  }

  /** @param {Progress} progress */
  show_progress(progress) {
    this.#check.show(progress);
  }

  clear_progress() {
    this.#check.clear();
  }

  /** While one of them is under way, neither can be asked for. @param {boolean} are_busy */
  set_busy(are_busy) {
    this.#reset.disabled = this.#give_up.disabled = are_busy;
  }

  /**
   * Something that went wrong; nothing to take it away.
   * @param {string} sentence
   * @param {() => void} [try_again]
   */
  notice(sentence, try_again) {
    const retry = try_again === undefined ? [] : [button("Try again", try_again)];
    this.#notice.replaceChildren(element("p", {}, sentence), ...retry);
    this.#notice.hidden = sentence === "";
  }
}
