import { ConnectionLine } from "./connection_line.js";
import { Countdown } from "./countdown.js";
import { show_end } from "./end_screen.js";
import { ask } from "./question.js";
import { show_replaced } from "./replaced_screen.js";
import { Screen } from "./screen.js";
import { show_start } from "./start_screen.js";
import { TaskPanel } from "./task_panel.js";

/** @import { ConnectionStatus } from "../core/connection.js" */
/** @import { ErrorMessage, Progress, StudyState } from "../core/protocol.js" */
/** @import { Session } from "../core/session.js" */
/** @import { Timers } from "../core/timers.js" */

const RESET_WORDS = {
  card: "reset",
  heading: "Start over?",
  sentence: "You get a new terminal with the files as they were at the beginning of this task. The clock goes on.",
  yes: "Start over",
  no: "Go on as it is",
};

const GIVE_UP_WORDS = {
  card: "give_up",
  heading: "Give up this task?",
  sentence: "The task ends here, and you cannot come back to it.",
  yes: "Give up",
  no: "Go on with the task",
};

/** Which screen is shown when: follows the state of the study and of the connection. */
export class StudyPage {
  #screen;
  #focus_terminal;
  #question = new Screen("question");
  #countdown;
  #connection_line;
  #panel;
  /** @type {Session | null} */
  #session = null;
  #on_refused = () => {};
  /** Of the state whose screen is up, so that hearing it again changes nothing. */
  #shown_state_number = -1;

  /** @param {{screen: Screen, timers: Timers, focus_terminal: () => void}} parts */
  constructor({ screen, timers, focus_terminal }) {
    this.#screen = screen;
    this.#focus_terminal = focus_terminal;
    this.#countdown = new Countdown(timers);
    this.#connection_line = new ConnectionLine(timers);
    this.#panel = new TaskPanel({ on_reset: () => this.#ask_reset(), on_give_up: () => this.#ask_give_up() });
  }

  /** @param {Session} session @param {{on_refused: () => void}} events */
  attach(session, { on_refused }) {
    this.#session = session;
    this.#on_refused = on_refused;
  }

  /** @param {ConnectionStatus} status */
  on_status(status) {
    this.#connection_line.show(status);
    if (status.name === "replaced") {
      this.#close_question();
      this.#shown_state_number = -1;
      show_replaced(this.#screen, () => this.#session?.start());
    } else if (status.name === "refused") {
      this.#close_question();
      this.#on_refused();
    }
  }

  /** @param {StudyState} state */
  on_state(state) {
    document.body.dataset.state = state.state;
    this.#countdown.set(state.task?.time_left_in_seconds ?? null);
    this.#panel.show(state);
    if (state.state_number === this.#shown_state_number) return;
    this.#shown_state_number = state.state_number;
    if (state.state === "running") this.#show_terminal();
    else this.#show_card(state);
  }

  /** @param {Progress} progress */
  on_progress(progress) {
    this.#panel.show_progress(progress);
  }

  /** @param {ErrorMessage} error */
  on_error(error) {
    this.#panel.notice(error.message);
  }

  #show_terminal() {
    if (this.#screen.shown !== "") this.#screen.close();
    if (this.#question.shown === "") this.#focus_terminal();
  }

  /** @param {StudyState} state */
  #show_card(state) {
    this.#close_question();
    const number = state.task?.number ?? 0;
    if (state.state === "ready") show_start(this.#screen, state, () => this.#session?.start_task(number) ?? Promise.resolve());
    else show_end(this.#screen, state.previous);
  }

  #close_question() {
    if (this.#question.shown !== "") this.#question.close();
  }

  #ask_reset() {
    const on_yes = () => {
      this.#panel.clear_progress();
      void this.#await_answer(this.#session?.reset());
    };
    ask(this.#question, RESET_WORDS, { on_yes, on_close: this.#focus_terminal });
  }

  #ask_give_up() {
    const on_yes = () => void this.#await_answer(this.#session?.give_up());
    ask(this.#question, GIVE_UP_WORDS, { on_yes, on_close: this.#focus_terminal });
  }

  /** @param {Promise<void> | undefined} answer */
  async #await_answer(answer) {
    this.#panel.set_busy(true);
    this.#panel.notice("");
    try {
      await answer;
    } catch (error) {
      // The task may have ended while the question was on its way: then its screen says all.
      if (this.#session?.state?.state === "running") {
        this.#panel.notice(`That did not work: ${error instanceof Error ? error.message : error}`);
      }
    } finally {
      this.#panel.set_busy(false);
    }
  }
}
