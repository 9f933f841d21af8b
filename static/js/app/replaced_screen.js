import { button, element } from "./dom.js";
import { button_row, told } from "./screen.js";

/** @import { Screen } from "./screen.js" */

/** @param {Screen} screen @param {() => void} take_over */
export function show_replaced(screen, take_over) {
  screen.show(
    { card: "replaced", heading: "Open in another tab", sign: "elsewhere" },
    told(element("p", {}, "You can use the study in one tab or window at a time. Nothing is lost.")),
    button_row(button("Use it here", take_over, "main")),
  );
}
