import { announce } from "./announcer.js";
import { find, when_pressed } from "./dom.js";
import { trouble_in_words } from "./words.js";

/** @import { StudyState } from "../core/protocol.js" */

/** One sentence about a problem on our side. It stays as long as it is true, or until the participant closes it. */
export class Trouble {
  #box = find("trouble");
  #words = find("trouble_words");
  #is_closed = false;
  #is_replaced = false;
  #is_input_dropped = false;

  /** @param {() => void} focus_terminal */
  constructor(focus_terminal) {
    when_pressed(find("trouble_close"), () => {
      this.#is_closed = true;
      this.#box.hidden = true;
      focus_terminal();
    });
  }

  /** Called a little before the state reports the replacement. @param {boolean} is_input_dropped */
  replaced(is_input_dropped) {
    this.#is_input_dropped = is_input_dropped;
  }

  /** @param {StudyState} state */
  show({ state, task }) {
    const is_replaced = state === "running" && (task?.terminal_replaced ?? false);
    if (state !== "running" || (this.#is_replaced && !is_replaced)) this.#is_input_dropped = false;
    this.#is_replaced = is_replaced;
    const words = state === "running" ? trouble_in_words(task, this.#is_input_dropped) : "";
    if (this.#words.textContent !== words) {
      this.#words.textContent = words;
      this.#is_closed = false;
      // Screen readers do not announce an element that becomes visible.
      if (words !== "") announce(words);
    }
    this.#box.hidden = words === "" || this.#is_closed;
  }
}
