import { button, element, find, picture_of } from "./dom.js";

/** The banner over the terminal that says that the task is solved; the output that solved it stays readable. */
export class Solved {
  #box = find("solved");

  /**
   * The heading takes the focus, not the button: keys that are typed at this moment must not press the button.
   * @param {{heading: string, next: string}} words @param {() => void} on_next
   */
  show({ heading, next }, on_next) {
    const title = element("h2", { tabindex: "-1" }, picture_of("passed"), heading);
    this.#box.replaceChildren(title, button(next, on_next, "main"));
    this.#box.hidden = false;
    title.focus();
  }

  clear() {
    this.#box.hidden = true;
    this.#box.replaceChildren();
  }
}
