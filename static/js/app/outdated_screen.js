import { button, element } from "./dom.js";

/** @import { PlainPage } from "./plain_page.js" */

/** The server is newer than this page, which a browser may have kept open, and is in a state that the page does not know. @param {PlainPage} screen */
export function show_outdated(screen) {
  screen.show(
    { card: "outdated", heading: "Please reload this page", sign: "trouble", footer: [button("Reload", () => location.reload(), "main")] },
    element("p", {}, "The study was updated while this page was open. Your work is not lost."),
  );
}
