import { button, element } from "./dom.js";
import { button_row } from "./screen.js";

/** @import { Screen } from "./screen.js" */

/** @param {Screen} screen @param {() => void} take_over */
export function show_replaced(screen, take_over) {
  screen.show(
    { card: "replaced", heading: "Opened elsewhere", sign: "elsewhere" },
    element("p", {}, "The study goes on in another tab or window. It can be used in one place at a time; nothing is lost."),
    button_row(button("Use it here", take_over, "main")),
  );
}
