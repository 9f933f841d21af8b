import { make_card } from "./card.js";
import { find } from "./dom.js";

/** @import { CardWords } from "./card.js" */

/** A plain page instead of the workbench: before, between and after the tasks. */
export class PlainPage {
  #place = find("screen");
  #workbench = find("workbench");

  /** Name of the card that is shown; empty if none. */
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

  /** Shows the workbench again. */
  close() {
    this.#place.hidden = true;
    this.#place.replaceChildren();
    this.#workbench.toggleAttribute("inert", false);
    document.body.dataset.view = "work";
  }
}
