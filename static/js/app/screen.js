import { element, find } from "./dom.js";

/**
 * A card in front of the page that only its own buttons close. Its heading takes the focus, not a button: whoever is
 * typing when it comes up must not press anything by that.
 */
export class Screen {
  #dialog;

  /** @param {string} id Of a dialog in index.html. */
  constructor(id) {
    this.#dialog = /** @type {HTMLDialogElement} */ (find(id));
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
  }

  /** The name of the card that is shown, or nothing. */
  get shown() {
    return this.#dialog.open ? (this.#dialog.dataset.card ?? "") : "";
  }

  /** @param {string} card Its name. @param {string} heading @param {...(Node | string)} content */
  show(card, heading, ...content) {
    const title = element("h2", { tabindex: "-1", id: `${this.#dialog.id}_heading` }, heading);
    this.#dialog.dataset.card = card;
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#dialog.replaceChildren(element("div", { class: "card" }, title, ...content));
    if (!this.#dialog.open) this.#dialog.showModal();
    title.focus();
  }

  close() {
    this.#dialog.close();
    this.#dialog.replaceChildren();
  }
}

/** @param {...Node} buttons */
export function button_row(...buttons) {
  return element("div", { class: "buttons" }, ...buttons);
}
