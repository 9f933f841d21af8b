import { find } from "./dom.js";
import { trouble_in_words } from "./words.js";

/** @import { StudyState } from "../core/protocol.js" */

/** One sentence above the terminal that stays as long as what it says is so. */
export class Trouble {
  #line = find("trouble");

  /** @param {StudyState} state */
  show({ state, task }) {
    const words = state === "running" ? trouble_in_words(task) : "";
    this.#line.hidden = words === "";
    if (this.#line.textContent !== words) this.#line.textContent = words;
  }
}
