import { element } from "./dom.js";
import { counts, outcome_of, outcomes_of } from "./outcomes.js";

/** @import { PreviousTask, StudyState } from "../core/protocol.js" */
/** @import { Screen } from "./screen.js" */

/** @param {Screen} screen @param {StudyState} state That is `finished`. */
export function show_end(screen, state) {
  const ended = outcomes_of(state);
  const summary = ended.length < 2 ? [] : summary_in_words(ended).map((sentence) => element("p", {}, sentence));
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

/** @param {PreviousTask[]} ended @returns {string[]} */
function summary_in_words(ended) {
  const passed = ended.filter(({ state }) => state === "passed").length;
  const counted = ended.filter(counts).length;
  const failed = ended.length - counted;
  const sentences = [];
  if (counted > 0) sentences.push(`You have passed ${passed} of ${counted} ${counted === 1 ? "task" : "tasks"}.`);
  if (failed > 0) sentences.push(`${failed === 1 ? "One task was" : `${failed} tasks were`} ended by a fault of ours and not counted.`);
  return sentences;
}
