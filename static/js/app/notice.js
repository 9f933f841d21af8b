import { button, element, find } from "./dom.js";

/** An error message that stays until the participant tries again, closes it, or the task ends. It is visible with the task hidden, too. */
export class Notice {
  #box = find("notice");
  #focus_terminal;

  /** @param {() => void} focus_terminal */
  constructor(focus_terminal) {
    this.#focus_terminal = focus_terminal;
  }

  /** @param {string} sentence @param {() => void} [try_again] */
  show(sentence, try_again) {
    const retry = try_again === undefined ? [] : [this.#button("Try again", try_again)];
    const close = this.#button("Close", () => {});
    this.#box.replaceChildren(element("p", {}, sentence), element("div", { class: "buttons" }, ...retry, close));
    this.#box.hidden = false;
  }

  clear() {
    this.#box.replaceChildren();
    this.#box.hidden = true;
  }

  /** The notice closes when a button is pressed, so the focus goes back to the terminal. @param {string} text @param {() => void} action */
  #button(text, action) {
    return button(text, () => {
      this.clear();
      this.#focus_terminal();
      action();
    });
  }
}
