import { announce, OutputAnnouncer } from "./announcer.js";
import { ConnectionLine } from "./connection_line.js";
import { Countdown } from "./countdown.js";
import { find } from "./dom.js";
import { show_end } from "./end_screen.js";
import { LeaveStudy } from "./leave_study.js";
import { Notice } from "./notice.js";
import { show_outdated } from "./outdated_screen.js";
import { Question } from "./question.js";
import { show_replaced } from "./replaced_screen.js";
import { Solved } from "./solved.js";
import { show_start } from "./start_screen.js";
import { show_step } from "./step_screen.js";
import { Steps } from "./steps.js";
import { TaskActions } from "./task_actions.js";
import { TaskPanel } from "./task_panel.js";
import { Trouble } from "./trouble.js";
import { PasteBar } from "./paste_bar.js";
import { block_in_words, failure_in_words, position_in_words, report_in_words, task_in_words, try_in_words } from "./words.js";

/** @import { ConnectionStatus } from "../core/connection.js" */
/** @import { ErrorMessage, Progress, Step, StudyState, TaskState } from "../core/protocol.js" */
/** @import { Session } from "../core/session.js" */
/** @import { Timers } from "../core/timers.js" */
/** @import { About } from "./about.js" */
/** @import { PlainPage } from "./plain_page.js" */
/** @import { Settings } from "./settings.js" */
/** @import { StepCard } from "./step_screen.js" */

const RESET_WORDS = {
  card: "reset",
  heading: "Reset your files?",
  sentence: "You get a new terminal with the files from the start of this task. The clock keeps running.",
  yes: "Reset files",
  no: "Keep working",
};

const GIVE_UP_WORDS = {
  card: "give_up",
  heading: "Give up this task?",
  sentence: "The task ends and you cannot come back to it.",
  yes: "Give up",
  no: "Keep working",
};

const HAND_IN_WORDS = {
  card: "hand_in",
  heading: "Hand in your work?",
  sentence: "This is your last try. The task ends and you cannot come back to it.",
  yes: "Hand in",
  no: "Keep working",
};

const NOT_RESET = { heading: "We could not reset your files.", sentence: "Your terminal has not changed." };
const NOT_ENDED = { heading: "We could not end the task." };
const NOT_HANDED_IN = { heading: "We could not hand in your work." };
const NOT_SHOWN = { heading: "We could not show the solution." };

/** Shows the screen for the state of the study and the connection. */
export class StudyPage {
  #screen;
  #settings;
  #focus_terminal;
  #question;
  #timers;
  #countdown;
  #block_clock;
  #connection_line;
  #panel;
  #actions;
  #leave_study;
  #notice;
  #about;
  #position = "";
  #steps = new Steps();
  #trouble;
  #paste_bar;
  #solved = new Solved();
  /** @type {Session | null} */
  #session = null;
  /** @type {(verdict: string) => void} */
  #on_refused = () => {};
  /** The state that is shown, so that receiving it again changes nothing. */
  #shown_state = "";
  /** The task that questions and the notice belong to, and its try. */
  #task_key = "";
  /** The task whose terminal is visible, in words; empty if none. */
  #task_in_sight = "";
  /** The last task's outcome that a step's card has told, as JSON. */
  #told = "";
  /** Whether the terminal was replaced, so that the last check no longer applies. */
  #terminal_replaced = false;
  /** @type {ConnectionStatus["name"]} */
  #connection = "stopped";
  /** Whether a request of the participant about the running task is not answered yet. */
  #awaits_answer = false;
  /** The card of the current step. @type {StepCard | null} */
  #step_card = null;
  /** Shows on the current card what happens while the terminal is prepared. @type {(sentence: string) => void} */
  #show_preparation = () => {};

  /**
   * @param {{screen: PlainPage, settings: Settings, about: About, timers: Timers, focus_terminal: () => void}} parts
   */
  constructor({ screen, settings, about, timers, focus_terminal }) {
    this.#timers = timers;
    this.#about = about;
    this.#trouble = new Trouble(focus_terminal);
    this.#screen = screen;
    this.#settings = settings;
    this.#focus_terminal = focus_terminal;
    this.#question = new Question(focus_terminal);
    this.#leave_study = new LeaveStudy(about, focus_terminal);
    this.#countdown = new Countdown(timers);
    this.#block_clock = new Countdown(timers, { name: "block", unit: "left", announces: false });
    this.#connection_line = new ConnectionLine();
    this.#panel = new TaskPanel({
      announcer: new OutputAnnouncer(timers),
      on_link: (url) => this.#session?.observe({ kind: "link_opened", url }),
    });
    this.#actions = new TaskActions({
      timers,
      on_reset: () => this.#ask_reset(),
      on_give_up: () => this.#ask_give_up(),
      on_hand_in: () => this.#ask_hand_in(),
      on_show_solution: () => this.#show_solution(),
    });
    this.#notice = new Notice(focus_terminal);
    this.#paste_bar = new PasteBar({ on_stop: () => this.#session?.cancel_paste(), focus_terminal });
  }

  /** @param {Session} session @param {{on_refused: (verdict: string) => void}} events */
  attach(session, { on_refused }) {
    this.#session = session;
    this.#on_refused = on_refused;
  }

  /** Whether a task runs in this tab. */
  get is_task_running() {
    return this.#session?.state?.state === "running" && this.#connection !== "replaced" && this.#connection !== "refused";
  }

  /** Whether the terminal accepts keys and nothing is in front of it. */
  get has_terminal() {
    return this.is_task_running && this.#screen.shown === "" && !this.#question.is_open && !this.#leave_study.is_open && this.#settings.shown === "";
  }

  /** Announces to screen readers the time left, the task, and its state. */
  announce_status() {
    const connection = this.#connection === "connected" ? "" : (find("connection").textContent ?? "");
    const check = this.#panel.check_in_words === "" ? "" : `Last check: ${this.#panel.check_in_words}`;
    const parts = [this.#countdown.in_words || (this.#step_card?.time_in_words() ?? ""), this.#position, check, find("trouble_words").textContent ?? "", connection];
    announce(parts.filter((part) => part !== "").map((part) => (/[.!?…]$/.test(part) ? part : `${part}.`)).join(" "));
  }

  /** @param {ConnectionStatus} status */
  on_status(status) {
    this.#connection = status.name;
    this.#connection_line.show(status);
    if (status.name === "replaced") {
      this.#close_all();
      show_replaced(this.#screen, () => this.#session?.start());
    } else if (status.name === "refused") {
      this.#close_all();
      this.#on_refused(status.reason);
    }
  }

  /** @param {StudyState} state */
  on_state(state) {
    const { task } = state;
    document.body.dataset.state = state.state;
    this.#show_study(state);
    this.#countdown.set(task?.time_left_in_seconds ?? null, task?.duration_in_seconds ?? 0, task?.clock_stands);
    this.#trouble.show(state);
    if (state.state === "running") {
      this.#told = "";
      this.#show_place(state);
      this.#show_task(state);
    }
    const is_replaced = task?.terminal_replaced ?? false;
    if (is_replaced && !this.#terminal_replaced) this.#panel.clear_progress();
    this.#terminal_replaced = is_replaced;
    if (state.state !== "running") {
      this.#notice.clear();
      // The place of a task that is solved stays beside its text.
      this.#block_clock.set(null, 0);
    }
    if (key_of(task) !== this.#task_key) this.#leave_task();
    this.#task_key = key_of(task);
    if (state.state === "finished") this.#leave_study.close();
    const key = state_key_of(state);
    if (key === this.#shown_state) {
      if (state.step !== undefined) this.#step_card?.update(state.step);
      return;
    }
    this.#shown_state = key;
    if (state.state === "running") this.#show_terminal();
    else if (this.#was_solved_here(state)) this.#show_solved(state);
    else this.#show_card(state);
  }

  /** @param {boolean} is_input_dropped */
  on_sandbox_replaced(is_input_dropped) {
    this.#trouble.replaced(is_input_dropped);
  }

  /** @param {string} sentence */
  on_sandbox_starting(sentence) {
    if (this.#session?.state?.state !== "running") this.#show_preparation(sentence);
    else if (this.#awaits_answer) this.#notice.show(`Preparing your new terminal: ${sentence}`);
  }

  /** @param {Progress} progress */
  on_progress(progress) {
    this.#panel.show_progress(progress);
  }

  /** @param {ErrorMessage} error */
  on_error(error) {
    this.#notice.show(report_in_words(error.message, this.#about.contact));
  }

  /** @param {{done: number, total: number} | null} backlog */
  on_backlog(backlog) {
    this.#paste_bar.show(backlog);
  }

  /** The task changed, maybe in another tab: a question or a notice about it no longer applies. */
  #leave_task() {
    this.#notice.clear();
    if (!this.#question.is_open) return;
    this.#question.close();
    this.#focus_terminal();
  }

  /** @param {StudyState} state */
  #show_task(state) {
    const { task } = state;
    this.#position = position_in_words(state);
    this.#about.show_position(this.#position);
    document.body.toggleAttribute("data-first", task?.number === 1);
    this.#steps.show(state);
    this.#panel.show(state);
    this.#actions.show(state);
    this.#solved.clear();
    this.#task_in_sight = state.state === "running" && task !== null ? task_in_words(task) : "";
  }

  /** @param {StudyState} state */
  #was_solved_here({ previous }) {
    return previous?.state === "passed" && task_in_words(previous) === this.#task_in_sight && this.#screen.shown === "";
  }

  /** Leaves the workbench visible: it has the output that solved the task. @param {StudyState} state */
  #show_solved(state) {
    this.#close_dialogs();
    this.#panel.end();
    this.#actions.end();
    const next = state.state === "finished" ? "Finish" : state.state === "step" ? "Continue" : "Next task";
    const words = { heading: `${this.#task_in_sight} solved`, next };
    this.#solved.show(words, () => this.#show_card(state));
  }

  #show_terminal() {
    const has_card = this.#screen.shown !== "";
    // The settings may have been opened while the task started, and would keep the focus.
    if (has_card) this.#settings.close();
    this.#leave_step();
    this.#screen.close();
    const is_elsewhere = !has_card && document.activeElement !== null && document.activeElement !== document.body;
    if (!this.#question.is_open && !this.#leave_study.is_open && !is_elsewhere) this.#focus_terminal();
  }

  /** @param {StudyState} sent */
  #show_card(sent) {
    // The server sends the outcome until the next task runs, also with all steps in between.
    const outcome = JSON.stringify(sent.previous);
    const state = outcome === this.#told ? { ...sent, previous: null } : sent;
    if (state.state === "step") this.#told = outcome;
    this.#close_dialogs();
    this.#leave_step();
    this.#show_task(state);
    const number = state.task?.number ?? 0;
    const start = () => this.#session?.start_task(number) ?? Promise.resolve();
    if (state.state === "ready") this.#show_preparation = show_start(this.#screen, state, this.#about, start);
    else if (is_step(state) && this.#session !== null) this.#step_card = show_step(this.#screen, state, { about: this.#about, timers: this.#timers, session: this.#session, question: this.#question });
    else if (state.state === "finished") show_end(this.#screen, state, this.#about);
    else show_outdated(this.#screen);
  }

  /** What holds in all states. @param {StudyState} state */
  #show_study({ study, withdrawal, state }) {
    this.#about.take({ title: study?.title, contact: study?.contact });
    find("trial_run").hidden = study?.trial_run !== true;
    const is_offered = state !== "finished" && withdrawal !== undefined && withdrawal !== "off";
    this.#settings.offer_leaving(is_offered ? () => this.#leave_study.ask(withdrawal, (deletes) => this.#session?.withdraw(deletes) ?? Promise.resolve()) : null);
  }

  /** Where the task is in its block, and its try. @param {StudyState} state */
  #show_place({ task }) {
    const block = task?.block;
    find("place").hidden = !block && try_in_words(task) === "";
    find("try").textContent = try_in_words(task);
    find("block_number").textContent = block_in_words(task);
    const left = block?.time_left_in_seconds ?? null;
    this.#block_clock.set(left, left ?? 0, task?.clock_stands);
  }

  #leave_step() {
    this.#step_card?.stop();
    this.#step_card = null;
  }

  /** This tab no longer shows the study. */
  #close_all() {
    this.#close_dialogs();
    this.#leave_study.close();
    this.#leave_step();
    this.#shown_state = "";
  }

  #close_dialogs() {
    this.#question.close();
    this.#settings.close();
  }

  #ask_reset() {
    this.#question.ask(RESET_WORDS, () => this.#reset());
  }

  #reset() {
    const done = this.#session?.reset().then(() => this.#panel.clear_progress());
    void this.#await_answer(done, NOT_RESET, () => this.#reset());
  }

  #ask_give_up() {
    this.#question.ask(GIVE_UP_WORDS, () => this.#end_task());
  }

  #end_task() {
    void this.#await_answer(this.#session?.give_up(), NOT_ENDED, () => this.#end_task());
  }

  /** Asks only if the hand-in ends the task in any case. */
  #ask_hand_in() {
    if ((this.#session?.state?.task?.tries_left ?? 1) > 1) this.#hand_in();
    else this.#question.ask(HAND_IN_WORDS, () => this.#hand_in());
  }

  #hand_in() {
    this.#panel.await_verdict();
    // The next state has the verdict.
    const done = this.#session?.hand_in().catch((error) => {
      this.#panel.clear_verdict();
      throw error;
    });
    void this.#await_answer(done, NOT_HANDED_IN, () => this.#hand_in());
  }

  #show_solution() {
    const shown = this.#session?.show_solution().then((lines) => this.#panel.show_solution(lines));
    void this.#await_answer(shown, NOT_SHOWN, () => this.#show_solution());
  }

  /** @param {Promise<void> | undefined} answer @param {{heading: string, sentence?: string}} failed The message if the request fails. @param {() => void} try_again */
  async #await_answer(answer, failed, try_again) {
    const asked_in = this.#task_key;
    this.#awaits_answer = true;
    this.#actions.set_busy(true);
    this.#notice.clear();
    try {
      await answer;
      this.#notice.clear();
    } catch (error) {
      // If the task has ended in the meantime, its screen says so.
      const state = this.#session?.state;
      if (state?.state === "running" && key_of(state.task) === asked_in) {
        const { heading, sentence } = failure_in_words(error, failed, this.#about.contact);
        this.#notice.show(`${heading} ${sentence}`, try_again);
      }
    } finally {
      this.#awaits_answer = false;
      this.#actions.set_busy(false);
    }
  }
}

/** A practice task may have several tries. @param {TaskState | null} task */
function key_of(task) {
  return task ? `${task_in_words(task)} ${task.try?.number ?? 1}` : "";
}

/** Differs between states that have different screens. The end of a study may come with the number of the step before it. @param {StudyState} state */
function state_key_of(state) {
  return `${state.state_number} ${state.state} ${step_key_of(state)} ${state.outcome ?? ""}`;
}

/** @param {StudyState} state */
function step_key_of({ step }) {
  return step === undefined ? "" : `${step.number} ${step.id}`;
}

/** @param {StudyState} state @returns {state is StudyState & {step: Step}} */
function is_step(state) {
  return state.state === "step" && state.step !== undefined;
}
