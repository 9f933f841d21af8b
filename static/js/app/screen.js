import { make_card } from "./card.js";
import { element, find } from "./dom.js";

/** @import { CardWords } from "./card.js" */

/** A dialog in front of the page. */
export class Screen {
  #dialog;
  #on_dismissed;
  /** False if the browser closed it. */
  #is_wanted = false;

  /** @param {string} id Of a dialog in index.html. @param {() => void} on_dismissed Called after Escape closed it. */
  constructor(id, on_dismissed) {
    this.#dialog = /** @type {HTMLDialogElement} */ (find(id));
    this.#on_dismissed = on_dismissed;
    this.#dialog.addEventListener("close", () => this.#handle_close());
  }

  /** The browser closes the dialog on Escape, wherever the focus in it is. */
  #handle_close() {
    if (!this.#is_wanted || this.#dialog.open) return;
    this.close();
    this.#on_dismissed();
  }

  /** Name of the card that is shown; empty if none. */
  get shown() {
    return this.#dialog.open ? (this.#dialog.dataset.card ?? "") : "";
  }

  /** @param {CardWords} what @param {...(Node | string)} content */
  show(what, ...content) {
    const { card, title } = make_card(`${this.#dialog.id}_heading`, what, content);
    this.#dialog.dataset.card = what.card;
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#dialog.replaceChildren(card, element("p", { class: "announcer", role: "status" }));
    this.#is_wanted = true;
    if (!this.#dialog.open) this.#dialog.showModal();
    title.focus();
  }

  close() {
    if (!this.#is_wanted) return;
    this.#is_wanted = false;
    this.#dialog.close();
    this.#dialog.replaceChildren();
  }
}
