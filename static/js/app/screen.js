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
    const told_parts = content.filter((part) => typeof part !== "string" && "dataset" in part && /** @type {HTMLElement} */ (part).dataset.told !== undefined);
    told_parts.forEach((part, index) => /** @type {HTMLElement} */ (part).setAttribute("id", `${this.#dialog.id}_told_${index}`));
    const announcer = element("p", { class: "announcer", role: "status" });
    this.#dialog.dataset.card = card;
    this.#dialog.setAttribute("aria-labelledby", title.id);
    this.#dialog.setAttribute("aria-describedby", told_parts.map((_, index) => `${this.#dialog.id}_told_${index}`).join(" "));
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

/** Marks a part of a card that a screen reader reads out as the card comes up. @param {HTMLElement} part */
export function told(part) {
  part.setAttribute("data-told", "");
  return part;
}

/** @param {...Node} buttons */
export function button_row(...buttons) {
  return element("div", { class: "buttons" }, ...buttons);
}

/** Only screen readers meet it. */
export function screen_reader_notice() {
  return element(
    "p",
    { class: "spoken" },
    "Using a screen reader? Turn on “Let a screen reader read the terminal” in Settings. Shift+F6 moves between the terminal and the rest of the page. Shift+F7 tells the time left.",
  );
}

/** Shown to those who seem to have no keyboard. */
export function keyboard_notice() {
  return element(
    "p",
    { class: "needs_keyboard" },
    element("strong", {}, "Use a computer with a keyboard. "),
    "This study needs Ctrl, Tab, Escape and the arrow keys, which the keyboard on a phone's screen lacks. Open the same link on a computer.",
  );
}
