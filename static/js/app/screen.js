import { make_card } from "./card.js";
import { element, find } from "./dom.js";

/** @import { CardWords } from "./card.js" */

/** A dialog in front of the page. */
export class Screen {
  #dialog;
  #on_dismissed;
  /** Otherwise it was the browser that closed it. */
  #is_wanted = false;

  /** @param {string} id Of a dialog in index.html. @param {() => void} on_dismissed Called when Escape has closed it. */
  constructor(id, on_dismissed) {
    this.#dialog = /** @type {HTMLDialogElement} */ (find(id));
    this.#on_dismissed = on_dismissed;
    this.#dialog.addEventListener("close", () => this.#take_close());
  }

  /** Escape comes here, wherever in the dialog the focus is. */
  #take_close() {
    if (!this.#is_wanted || this.#dialog.open) return;
    this.close();
    this.#on_dismissed();
  }

  /** The name of the card that is shown, or nothing. */
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
