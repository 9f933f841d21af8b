import { button, element, find, picture_of } from "./dom.js";

/** Says over the terminal that the task is solved, so that the output that solved it can still be read. */
export class Solved {
  #box = find("solved");

  /**
   * Its heading takes the focus, not its button: a person who is typing must not press that.
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
