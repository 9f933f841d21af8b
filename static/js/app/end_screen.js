import { read_out } from "./card.js";
import { copy_button } from "./clipboard.js";
import { element } from "./dom.js";
import { markdown_box } from "./markdown.js";
import { counts, is_our_failure, outcome_of, outcomes_of } from "./outcomes.js";

/** @import { PreviousTask, StudyState } from "../core/protocol.js" */
/** @import { About } from "./about.js" */
/** @import { PlainPage } from "./plain_page.js" */

const CLOSE = "You can close this page.";

/** What each outcome of a study means for the participant. @type {Record<string, {heading: string, sentence: string}>} */
const OUTCOMES = {
  completed: { heading: "Done. Thank you!", sentence: `Everything is saved. ${CLOSE}` },
  withdrew: { heading: "You have left the study", sentence: CLOSE },
  no_consent: { heading: "You do not take part", sentence: CLOSE },
  screened_out: { heading: "Thank you for your interest", sentence: `By your answers, this study is not for you. ${CLOSE}` },
  failed_practice: { heading: "The study ends here", sentence: `The tasks need more practice with the command line. Thank you for your time. ${CLOSE}` },
  full: { heading: "The study is full", sentence: `Enough people take part already. Thank you for your interest. ${CLOSE}` },
  expired: { heading: "Your place has expired", sentence: `The time in which you could come back is over. ${CLOSE}` },
  stopped: { heading: "The study has ended for you", sentence: `The people who run this study have ended it. ${CLOSE}` },
};

/** @type {(typeof OUTCOMES)[string]} */
const OTHER_OUTCOME = { heading: "The study has ended", sentence: CLOSE };

/** @param {PlainPage} screen @param {StudyState} state That is `finished`. @param {About} about */
export function show_end(screen, state, about) {
  const ended = outcomes_of(state);
  const { heading, sentence } = OUTCOMES[state.outcome ?? "completed"] ?? OTHER_OUTCOME;
  const summary = ended.length < 2 ? [] : summary_in_words(ended).map((words) => element("p", {}, words));
  const items = ended.map((outcome) =>
    element("li", { "data-outcome": outcome.state }, `Task ${outcome.number}`, element("span", {}, outcome_of(outcome).in_short)),
  );
  const way_on = way_on_to(state.redirect ?? "");
  screen.show(
    { card: "end", heading, sign: "end", ...(way_on !== null && { footer: [way_on] }) },
    ...(state.text ? [read_out(markdown_box(state.text))] : []),
    read_out(element("p", {}, way_on === null ? sentence : sentence.replace(CLOSE, "Press the button below to finish."))),
    ...(state.code ? [code_line(state.code)] : []),
    ...(items.length === 0 ? [] : [element("details", {}, element("summary", {}, "Your tasks"), ...summary, element("ul", { class: "outcomes" }, ...items))]),
    element("p", { class: "quiet" }, about.contact === "" ? about.title : `${about.title}. Questions? ${about.contact}`),
  );
}

/** The completion code, which the participant may have to enter elsewhere. @param {string} code */
function code_line(code) {
  return element(
    "div",
    { class: "completion" },
    read_out(element("p", {}, "Your completion code: ", element("code", { translate: "no" }, code))),
    copy_button(() => code, "copy_code"),
  );
}

/** @param {string} address @returns {HTMLElement | null} A link that looks like a button; null without a valid address. */
function way_on_to(address) {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return null;
  return element("a", { class: "main", href: address, rel: "noreferrer" }, `Continue to ${new URL(address).host}`);
}

/** @param {PreviousTask[]} ended @returns {string[]} */
function summary_in_words(ended) {
  const passed = ended.filter(({ state }) => state === "passed").length;
  const counted = ended.filter(counts).length;
  const failed = ended.filter(is_our_failure).length;
  const sentences = [];
  if (counted > 0) sentences.push(`You solved ${passed} of ${counted} ${counted === 1 ? "task" : "tasks"}.`);
  if (failed > 0) sentences.push(`Our server failed in ${failed === 1 ? "1 task. It does" : `${failed} tasks. They do`} not count.`);
  return sentences;
}
