import { button_row } from "./screen.js";
import { button, element } from "./dom.js";

/** @import { Screen } from "./screen.js" */

/**
 * Asks before something that cannot be undone.
 * @param {Screen} screen
 * @param {{card: string, heading: string, sentence: string, yes: string, no: string}} words
 * @param {{on_yes: () => void, on_close: () => void}} then
 */
export function ask(screen, words, { on_yes, on_close }) {
  /** @param {() => void} action */
  const closing = (action) => () => {
    screen.close();
    action();
    on_close();
  };
  screen.show(
    words.card,
    words.heading,
    element("p", {}, words.sentence),
    button_row(button(words.no, closing(() => {})), button(words.yes, closing(on_yes), "main")),
  );
}
