import { read_out } from "./card.js";
import { button, element } from "./dom.js";

/** @import { PlainPage } from "./plain_page.js" */

/** @param {PlainPage} screen @param {() => void} take_over */
export function show_replaced(screen, take_over) {
  screen.show(
    { card: "replaced", heading: "Open in another tab", sign: "elsewhere", footer: [button("Use it here", take_over, "main")] },
    read_out(element("p", {}, "You can use the study in one tab or window at a time. Nothing is lost.")),
  );
}
