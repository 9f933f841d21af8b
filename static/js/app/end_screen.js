import { element } from "./dom.js";
import { outcome_of, outcomes_of } from "./outcomes.js";

/** @import { StudyState } from "../core/protocol.js" */
/** @import { Screen } from "./screen.js" */

/** @param {Screen} screen @param {StudyState} state That is `finished`. */
export function show_end(screen, state) {
  const ended = outcomes_of(state);
  const passed = ended.filter((outcome) => outcome.state === "passed").length;
  const summary =
    ended.length < 2 ? [] : [element("p", {}, `You have passed ${passed} of ${ended.length} tasks.`)];
  const items = ended.map((outcome) =>
    element("li", { "data-outcome": outcome.state }, `Task ${outcome.number}`, element("span", {}, outcome_of(outcome).in_short)),
  );
  screen.show(
    { card: "end", heading: "That was the last task", sign: "end" },
    element("p", {}, "Thank you for taking part!"),
    ...summary,
    ...(items.length === 0 ? [] : [element("ul", { class: "outcomes" }, ...items)]),
    element("p", { class: "quiet" }, "Everything has been saved. You may close this page now."),
  );
}
