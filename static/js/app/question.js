import { told } from "./card.js";
import { button, element } from "./dom.js";
import { Screen } from "./screen.js";

/** Asks before something that cannot be undone. Escape is a no. */
export class Question {
  #screen = new Screen("question", () => this.#on_closed());
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
      { card, heading, sign: "question", footer: [button(no, closing(() => {})), button(yes, closing(on_yes), "grave")] },
      told(element("p", {}, sentence)),
    );
  }

  /** Without an answer: there is nothing to ask any more. */
  close() {
    this.#screen.close();
  }
}
