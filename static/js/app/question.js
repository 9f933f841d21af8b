import { read_out } from "./card.js";
import { button, element } from "./dom.js";
import { Dialog } from "./dialog.js";

/** A confirmation before an action that cannot be undone. Escape means no. */
export class Question {
  #dialog = new Dialog("question", () => this.#on_closed());
  #on_closed;

  /** @param {() => void} on_closed Called after any answer. */
  constructor(on_closed) {
    this.#on_closed = on_closed;
  }

  get is_open() {
    return this.#dialog.shown !== "";
  }

  /**
   * @param {{card: string, heading: string, sentence: string, yes: string, no: string}} words
   * @param {() => void} on_yes
   */
  ask({ card, heading, sentence, yes, no }, on_yes) {
    /** @param {() => void} action */
    const closing = (action) => () => {
      this.#dialog.close();
      action();
      this.#on_closed();
    };
    this.#dialog.show(
      { card, heading, sign: "question", footer: [button(no, closing(() => {})), button(yes, closing(on_yes), "grave")] },
      read_out(element("p", {}, sentence)),
    );
  }

  /** Closes the question without an answer: it no longer applies. */
  close() {
    this.#dialog.close();
  }
}
