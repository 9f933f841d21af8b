import { button, element } from "./dom.js";
import { button_row, Screen, told } from "./screen.js";

/** Asks before something that cannot be undone. Escape is a no. */
export class Question {
  #screen = new Screen("question", { on_dismissed: () => this.#on_closed() });
  #on_closed;

  /** @param {() => void} on_closed Whatever the answer was. */
  constructor(on_closed) {
    this.#on_closed = on_closed;
  }

  get is_open() {
    return this.#screen.shown !== "";
  }

  /**
   * @param {{card: string, heading: string, sentence: string, yes: string, no: string}} words
   * @param {() => void} on_yes
   */
  ask({ card, heading, sentence, yes, no }, on_yes) {
    /** @param {() => void} action */
    const closing = (action) => () => {
      this.#screen.close();
      action();
      this.#on_closed();
    };
    this.#screen.show(
      { card, heading, sign: "question" },
      told(element("p", {}, sentence)),
      button_row(button(no, closing(() => {})), button(yes, closing(on_yes), "grave")),
    );
  }

  /** Without an answer: there is nothing to ask any more. */
  close() {
    this.#screen.close();
  }
}
