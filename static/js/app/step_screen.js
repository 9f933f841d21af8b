import { read_out } from "./card.js";
import { button, element, set_usable } from "./dom.js";
import { Form } from "./form.js";
import { markdown_box } from "./markdown.js";
import { outcome_of } from "./outcomes.js";
import { StepWait } from "./step_wait.js";
import { failure_in_words, task_in_words } from "./words.js";

/** @import { Step, StepChoice, StudyState } from "../core/protocol.js" */
/** @import { RequestError } from "../core/requests.js" */
/** @import { Session } from "../core/session.js" */
/** @import { Timers } from "../core/timers.js" */
/** @import { About } from "./about.js" */
/** @import { PlainPage } from "./plain_page.js" */
/** @import { Question } from "./question.js" */

/**
 * @typedef {object} StepCard
 * @property {(step: Step) => void} update The server has sent the same step again.
 * @property {() => void} stop Another card replaces this one.
 * @property {() => string} time_in_words How long the participant must stay, and what is left of a break; may be empty.
 */

/** The heading of a step without a title, and the words of its main button. @type {Record<string, {heading: string, next: string}>} */
const KINDS = {
  consent: { heading: "Your consent", next: "I agree" },
  page: { heading: "Please read", next: "Continue" },
  questionnaire: { heading: "Questions", next: "Continue" },
  break: { heading: "Break", next: "Continue" },
};

const REFUSE_WORDS = {
  card: "refuse",
  heading: "Do you refuse?",
  sentence: "The study ends for you, and you cannot come back to it.",
  yes: "I refuse",
  no: "Go back",
};

const NOT_LEFT = { heading: "We could not continue.", sentence: "Your answers are still here." };

/**
 * Shows a consent, a page, a questionnaire or a break.
 * @param {PlainPage} screen
 * @param {StudyState & {step: Step}} state
 * @param {{about: About, timers: Timers, session: Session, question: Question}} parts
 * @returns {StepCard}
 */
export function show_step(screen, { step, previous }, { about, timers, session, question }) {
  const { heading, next: next_words } = KINDS[step.kind] ?? KINDS.page;
  const is_consent = step.kind === "consent";
  const failure = element("div", { class: "error", role: "alert", hidden: true });
  const next = element("button", { type: "submit", class: "main", form: "step" }, next_words);
  const refuse = button("I do not agree", () => question.ask(REFUSE_WORDS, () => void leave("refuse")));
  const back = button("Back", () => void leave("back"));
  const buttons = step.id === "" ? [] : [...(step.back ? [back] : []), ...(is_consent && step.refuse !== false ? [refuse] : []), next];
  let is_busy = false;
  const form = new Form({
    fields: is_consent ? fields_of_boxes(step.boxes ?? []) : (step.fields ?? []),
    legend: is_consent && step.boxes?.length ? "To take part, tick every box:" : "",
    answers: step.answers ?? {},
    // The server asks for no answers to the boxes: without all of them the participant cannot agree.
    on_answer: (field, value, is_typing) => !is_consent && session.answer(step, field, value, is_typing),
    on_submit: () => void submit(),
  });
  const wait = new StepWait(timers, step, update);

  function update() {
    for (const each of buttons) set_usable(each, !is_busy && (each !== next || wait.is_over));
  }

  function submit() {
    if (!wait.is_over) return;
    if (!is_consent) return leave(undefined);
    const unticked = (step.boxes ?? []).map((_, index) => box_name(index)).filter((name) => form.answers[name] !== true);
    form.show_faults(unticked.map((name) => ({ name, message: "Tick this box to take part." })));
    if (unticked.length === 0) return leave("agree");
  }

  /** @param {StepChoice | undefined} choice */
  async function leave(choice) {
    if (is_busy) return;
    is_busy = true;
    failure.hidden = true;
    update();
    const answers = is_consent || choice === "back" || step.fields === undefined ? {} : { answers: form.answers };
    try {
      await session.finish_step(step, { ...answers, ...(choice !== undefined && { choice }) });
    } catch (error) {
      is_busy = false;
      update();
      handle(/** @type {RequestError} */ (error));
    }
  }

  /** @param {RequestError} error */
  function handle(error) {
    if (error.code === "bad_answers" && error.fields.length > 0) return form.show_faults(error.fields);
    if (error.code === "too_early") return wait.begin(error.seconds_left);
    // The participant has left the step in another tab.
    if (error.code === "wrong_step") return session.refresh();
    const words = failure_in_words(error, NOT_LEFT, about.contact);
    failure.replaceChildren(element("p", {}, element("strong", {}, words.heading)), element("p", {}, words.sentence));
    failure.hidden = false;
  }

  const outcome = previous === null ? null : outcome_of(previous);
  screen.show(
    { card: step.kind in KINDS ? step.kind : "page", heading: step.id === "" ? "One moment" : step.title || heading, footer: [wait.element, ...buttons] },
    ...(outcome === null || previous === null ? [] : [read_out(element("p", { class: "quiet" }, `${outcome.heading(task_in_words(previous))}. ${outcome.sentence}`))]),
    ...(step.repeated ? [read_out(element("p", { class: "error" }, "Not all of your answers were right. Please try again."))] : []),
    ...(step.text ? [markdown_box(step.text)] : []),
    form.element,
    failure,
  );
  update();
  return {
    update: (again) => {
      wait.set(again);
      update();
    },
    stop: () => wait.stop(),
    time_in_words: () => wait.element.textContent ?? "",
  };
}

/** @param {number} index */
function box_name(index) {
  return `box_${index}`;
}

/** @param {string[]} boxes */
function fields_of_boxes(boxes) {
  return boxes.map((label, index) => ({ name: box_name(index), type: "confirm", label, has_markdown: true }));
}
