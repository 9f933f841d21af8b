import { make_card } from "./card.js";
import { find } from "./dom.js";

/** @import { CardWords } from "./card.js" */

/** A page of its own in place of the workbench: before, between and after the tasks. */
export class PlainPage {
  #place = find("screen");
  #workbench = find("workbench");

  /** The name of the card that is shown, or nothing. */
  get shown() {
    return this.#place.hidden ? "" : (this.#place.dataset.card ?? "");
  }

  /** @param {CardWords} what @param {...(Node | string)} content */
  show(what, ...content) {
    const { card, title } = make_card(`${this.#place.id}_heading`, what, content);
    this.#place.dataset.card = what.card;
    this.#place.replaceChildren(card);
    this.#place.hidden = false;
    this.#workbench.toggleAttribute("inert", true);
    document.body.dataset.view = "plain";
    title.focus();
  }

  /** Gives the workbench its place back. */
  close() {
    this.#place.hidden = true;
    this.#place.replaceChildren();
    this.#workbench.toggleAttribute("inert", false);
    document.body.dataset.view = "work";
  }
}
