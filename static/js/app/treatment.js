import { element, find } from "./dom.js";
import { markdown_box } from "./markdown.js";

/** @import { Treatment } from "../core/protocol.js" */

/** What the participant may use in this period, beside each of its tasks. */
export class TreatmentPanel {
  #section = find("treatment");
  #on_link;

  /** @param {(url: string) => void} on_link The participant opened a link. */
  constructor(on_link) {
    this.#on_link = on_link;
  }

  /** @param {Treatment | null | undefined} treatment */
  show(treatment) {
    this.#section.hidden = !treatment;
    if (!treatment) return;
    const { title, text, links = [] } = treatment;
    const items = links.map((link) => element("li", {}, this.#link(link)));
    this.#section.replaceChildren(
      element("h2", { id: "treatment_heading" }, title),
      ...(text ? [markdown_box(text)] : []),
      ...(items.length === 0 ? [] : [element("ul", { class: "links" }, ...items)]),
    );
  }

  /** @param {{title: string, url: string}} link */
  #link({ title, url }) {
    const link = element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title, element("span", { class: "unseen" }, " (opens in a new tab)"));
    link.addEventListener("click", () => this.#on_link(url));
    // The middle button of a mouse opens a link, too.
    link.addEventListener("auxclick", (event) => event.button === 1 && this.#on_link(url));
    return link;
  }
}
