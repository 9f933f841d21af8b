import { element, find } from "./dom.js";

/**
 * A card in front of the page. Its heading takes the focus, not a button: whoever is typing when it comes up must not
 * press anything by that.
 */
export class Screen {
  #dialog;
  #on_dismissed;
  /** Otherwise it was the browser that closed it. */
  #is_wanted = false;

  /**
   * @param {string} id Of a dialog in index.html.
   * @param {{on_dismissed?: () => void}} [options] With it Escape closes the card; without it only its own buttons do.
   */
  constructor(id, { on_dismissed } = {}) {
    this.#dialog = /** @type {HTMLDialogElement} */ (find(id));
    this.#on_dismissed = on_dismissed;
    this.#dialog.addEventListener("cancel", (event) => {
      if (on_dismissed === undefined) event.preventDefault();
    });
    this.#dialog.addEventListener("close", () => this.#take_close());
  }

  /** Escape comes here, wherever in the card the focus is; a browser may close a card that refuses it all the same. */
  #take_close() {
    if (!this.#is_wanted || this.#dialog.open) return;
    if (this.#on_dismissed === undefined) {
      this.#dialog.showModal();
      this.#dialog.querySelector("h2")?.focus();
      return;
    }
    this.close();
    this.#on_dismissed();
  }

  /** The name of the card that is shown, or nothing. */
  get shown() {
    return this.#dialog.open ? (this.#dialog.dataset.card ?? "") : "";
  }

  /** @param {{card: string, heading: string, sign?: string}} what `sign`: a picture's name. @param {...(Node | string)} content */
  show({ card, heading, sign }, ...content) {
    const title = element("h2", { tabindex: "-1", id: `${this.#dialog.id}_heading` }, heading);
    const picture = sign === undefined ? [] : [element("img", { class: "sign", src: `../images/${sign}.svg`, alt: "" })];
    const announcer = element("p", { class: "announcer", role: "status" });
    this.#dialog.dataset.card = card;
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#dialog.replaceChildren(element("div", { class: "card" }, ...picture, title, ...content), announcer);
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

/** @param {...Node} buttons */
export function button_row(...buttons) {
  return element("div", { class: "buttons" }, ...buttons);
}

/** Shown to those who seem to have no keyboard. */
export function keyboard_notice() {
  return element(
    "p",
    { class: "needs_keyboard" },
    element("strong", {}, "Please use a computer. "),
    "A phone's keyboard on the screen is not enough for this study: it has no Ctrl, Tab, Escape and arrow keys. Open the same link on a machine with a real keyboard.",
  );
}
