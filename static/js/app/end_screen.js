import { read_out } from "./card.js";
import { element } from "./dom.js";
import { counts, outcome_of, outcomes_of } from "./outcomes.js";

/** @import { PreviousTask, StudyState } from "../core/protocol.js" */
/** @import { About } from "./about.js" */
/** @import { PlainPage } from "./plain_page.js" */

/** @param {PlainPage} screen @param {StudyState} state That is `finished`. @param {About} about */
export function show_end(screen, state, about) {
  const ended = outcomes_of(state);
  const summary = ended.length < 2 ? [] : summary_in_words(ended).map((sentence) => element("p", {}, sentence));
  const items = ended.map((outcome) =>
    element("li", { "data-outcome": outcome.state }, `Task ${outcome.number}`, element("span", {}, outcome_of(outcome).in_short)),
  );
  screen.show(
    { card: "end", heading: "Done. Thank you!", sign: "end" },
    read_out(element("p", {}, "Everything is saved. You can close this page.")),
    ...(items.length === 0 ? [] : [element("details", {}, element("summary", {}, "Your tasks"), ...summary, element("ul", { class: "outcomes" }, ...items))]),
    element("p", { class: "quiet" }, about.contact === "" ? about.title : `${about.title}. Questions? ${about.contact}`),
  );
}

/** @param {PreviousTask[]} ended @returns {string[]} */
function summary_in_words(ended) {
  const passed = ended.filter(({ state }) => state === "passed").length;
  const counted = ended.filter(counts).length;
  const failed = ended.length - counted;
  const sentences = [];
  if (counted > 0) sentences.push(`You solved ${passed} of ${counted} ${counted === 1 ? "task" : "tasks"}.`);
  if (failed > 0) sentences.push(`Our server failed in ${failed === 1 ? "1 task. It does" : `${failed} tasks. They do`} not count.`);
  return sentences;
}
