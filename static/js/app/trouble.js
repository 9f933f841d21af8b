import { announce } from "./announcer.js";
import { find, when_pressed } from "./dom.js";
import { trouble_in_words } from "./words.js";

/** @import { StudyState } from "../core/protocol.js" */

/** One sentence above the terminal that stays while it is true, unless the participant closes it. */
export class Trouble {
  #box = find("trouble");
  #words = find("trouble_words");
  #is_closed = false;

  /** @param {() => void} focus_terminal */
  constructor(focus_terminal) {
    when_pressed(find("trouble_close"), () => {
      this.#is_closed = true;
      this.#box.hidden = true;
      focus_terminal();
    });
  }

  /** @param {StudyState} state */
  show({ state, task }) {
    const words = state === "running" ? trouble_in_words(task) : "";
    if (this.#words.textContent !== words) {
      this.#words.textContent = words;
      this.#is_closed = false;
      // What becomes visible with its text in it is no change to a screen reader.
      if (words !== "") announce(words);
    }
    this.#box.hidden = words === "" || this.#is_closed;
  }
}
