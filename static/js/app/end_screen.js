import { element } from "./dom.js";
import { outcome_of } from "./start_screen.js";

/** @import { PreviousTask } from "../core/protocol.js" */
/** @import { Screen } from "./screen.js" */

/** @param {Screen} screen @param {PreviousTask | null} previous */
export function show_end(screen, previous) {
  const outcome = outcome_of(previous);
  const happened = outcome && previous ? [element("p", {}, `${outcome.sentence} ${previous.number}.`)] : [];
  screen.show(
    "end",
    "That was the last task",
    ...happened,
    element("p", {}, "Thank you for taking part. Everything has been saved; you may close this page now."),
  );
}
