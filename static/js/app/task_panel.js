import { element, find } from "./dom.js";
import { progress_in_words } from "./words.js";

/** @import { Progress, ProgressDetail, StudyState } from "../core/protocol.js" */

const SHOWN_DETAILS = 20;

/** @type {Record<string, string>} */
const DETAIL_WORDS = { extra: "too many", incorrect: "not as wanted" };

/** What the participant is asked to do, how far they are, and the buttons that begin again or end the task. */
export class TaskPanel {
  #heading = find("task_number");
  #description = find("description");
  #progress = find("progress");
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
    this.#heading.textContent = task === null ? "The end" : `Task ${task.number} of ${task.total}`;
    this.#description.replaceChildren(...(task === null ? [] : [element("div", { class: "description" }, task.description)]));
    this.#actions.hidden = state.state !== "running";
    if (this.#task_number === task?.number && state.state === "running") return;
    this.#task_number = task?.number ?? 0;
    this.clear_progress();
    this.notice("");
  }

  /** @param {Progress} progress */
  show_progress(progress) {
    const to_tell = (progress.detail ?? []).filter((detail) => detail.status in DETAIL_WORDS);
    const items = to_tell.slice(0, SHOWN_DETAILS).map((detail) => element("li", {}, detail_in_words(detail)));
    if (to_tell.length > SHOWN_DETAILS) items.push(element("li", {}, `and ${to_tell.length - SHOWN_DETAILS} more`));
    const list = items.length === 0 ? [] : [element("ul", {}, ...items)];
    this.#progress.replaceChildren(element("p", {}, progress_in_words(progress)), ...list);
  }

  clear_progress() {
    this.#progress.replaceChildren();
  }

  /** While one of them is under way, neither can be asked for. @param {boolean} are_busy */
  set_busy(are_busy) {
    this.#reset.disabled = this.#give_up.disabled = are_busy;
  }

  /** Something that went wrong, in a sentence; nothing to take it away. @param {string} sentence */
  notice(sentence) {
    this.#notice.textContent = sentence;
    this.#notice.hidden = sentence === "";
  }
}

/** @param {ProgressDetail} detail */
function detail_in_words({ path, line, status }) {
  return `${path ?? line ?? ""}: ${DETAIL_WORDS[status]}`;
}
