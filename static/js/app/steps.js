import { element, find } from "./dom.js";

/** @import { StudyState } from "../core/protocol.js" */

/** Above these numbers of tasks the segments are closer together, or have no gaps. */
const CLOSE = 30;
const PACKED = 60;

/** The progress bar, with a segment for each task, or each step of the flow; "Task 2 of 5" beside it says the same in words. */
export class Steps {
  #row = find("steps");

  /** @param {StudyState} state */
  show({ task, step: place, previous, outcomes = [] }) {
    const { number: current, total } = place ?? task ?? { number: 0, total: 0 };
    this.#row.hidden = total < 2;
    this.#row.dataset.density = total > PACKED ? "packed" : total > CLOSE ? "close" : "loose";
    if (this.#row.hidden) return;
    const ended = previous === null ? outcomes : [...outcomes, previous];
    const outcome = (/** @type {number} */ number) => (place || task?.practice ? undefined : ended.find((other) => other.number === number)?.state) ?? "ended";
    this.#row.replaceChildren(
      ...Array.from({ length: total }, (_, index) => {
        const number = index + 1;
        const step = number < current ? outcome(number) : number === current ? "current" : "ahead";
        return element("span", { "data-step": step });
      }),
    );
  }
}
