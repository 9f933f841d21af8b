import { make_card } from "./card.js";
import { element, find } from "./dom.js";

/** @import { CardWords } from "./card.js" */

/** A dialog in front of the page. */
export class Dialog {
  #element;
  #on_dismissed;
  /** Whether the page wants it open. If it is closed nevertheless, the browser has closed it. */
  #is_wanted = false;

  /** @param {string} id Of a dialog in index.html. @param {() => void} on_dismissed Called after Escape closed it. */
  constructor(id, on_dismissed) {
    this.#element = /** @type {HTMLDialogElement} */ (find(id));
    this.#on_dismissed = on_dismissed;
    this.#element.addEventListener("close", () => this.#handle_close());
  }

  /** The browser closes the dialog on Escape, wherever the focus in it is. */
  #handle_close() {
    if (!this.#is_wanted || this.#element.open) return;
    this.close();
    this.#on_dismissed();
  }

  /** Name of the card that is shown; empty if none. */
  get shown() {
    return this.#element.open ? (this.#element.dataset.card ?? "") : "";
  }

  /** @param {CardWords} what @param {...(Node | string)} content */
  show(what, ...content) {
    const { card, title } = make_card(`${this.#element.id}_heading`, what, content);
    this.#element.dataset.card = what.card;
    this.#element.setAttribute("aria-labelledby", title.id);
    this.#element.replaceChildren(card, element("p", { class: "announcer", role: "status" }));
    this.#is_wanted = true;
    if (!this.#element.open) this.#element.showModal();
    title.focus();
  }

  close() {
    if (!this.#is_wanted) return;
    this.#is_wanted = false;
    this.#element.close();
    this.#element.replaceChildren();
  }
}
