import { button, element, find } from "./dom.js";

/** Something that went wrong and stays until it is tried again, put away, or the task is over; in sight however the page is folded. */
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

  /** It goes away as it is pressed, so the keyboard goes back to the terminal. @param {string} text @param {() => void} action */
  #button(text, action) {
    return button(text, () => {
      this.clear();
      this.#focus_terminal();
      action();
    });
  }
}
