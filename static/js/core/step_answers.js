/** @import { ClientMessage, Step } from "./protocol.js" */
/** @import { Timers } from "./timers.js" */

/** In milliseconds. A text is sent after a pause of this length in typing. */
const TYPING_PAUSE = 400;

/**
 * Sends the answers to the current form, each when it changes. The server confirms none of them, but its state has what it
 * knows: on a new connection, those that it does not have are sent again.
 */
export class StepAnswers {
  #send;
  #timers;
  /** Number and name of the step that the answers belong to. */
  #step = "";
  #step_id = "";
  /** All answers that were given here, by field. @type {Map<string, unknown>} */
  #given = new Map();
  /** The fields whose answers are not sent yet. @type {Set<string>} */
  #unsent = new Set();
  /** @type {unknown} */
  #timer = undefined;

  /**
   * @param {object} options
   * @param {(answer: Extract<ClientMessage, {type: "step_answer"}>) => boolean} options.send Returns false if there is no connection.
   * @param {Timers} options.timers
   */
  constructor({ send, timers }) {
    this.#send = send;
    this.#timers = timers;
  }

  /** The answer is sent after a pause, or by `flush`. @param {Step} step @param {string} field @param {unknown} value */
  give(step, field, value) {
    if (key_of(step) !== this.#step) {
      this.forget();
      this.#step = key_of(step);
      this.#step_id = step.id;
    }
    this.#given.set(field, value);
    this.#unsent.add(field);
    this.#timers.clear(this.#timer);
    this.#timer = this.#timers.set(() => this.flush(), TYPING_PAUSE);
  }

  /** Sends all answers that are not sent yet. Without a connection they are lost here, and `catch_up` sends them. */
  flush() {
    this.#timers.clear(this.#timer);
    for (const field of this.#unsent) this.#send({ type: "step_answer", step: this.#step_id, field, value: this.#given.get(field) });
    this.#unsent.clear();
  }

  /** There is a new connection. @param {Step | undefined} step The current one, with the answers that the server has. */
  catch_up(step) {
    if (step === undefined || key_of(step) !== this.#step) return this.forget();
    for (const [field, value] of this.#given) {
      if (!are_equal(step.answers?.[field], value)) this.#unsent.add(field);
    }
    this.flush();
  }

  /** The step is over, or continued in another tab. */
  forget() {
    this.#timers.clear(this.#timer);
    this.#given.clear();
    this.#unsent.clear();
    this.#step = "";
  }
}

/** A step of each period may have the same name. @param {Step} step */
function key_of({ number, id }) {
  return `${number} ${id}`;
}

/** @param {unknown} one @param {unknown} other */
function are_equal(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
