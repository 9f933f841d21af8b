/** What was sent is acknowledged, or answered, within this time where all is well; in milliseconds. */
const ANSWER_TIME = 1500;

/** Notices that the server has owed an answer for longer than it takes, and notices again while it does. */
export class AnswerWatch {
  #timers;
  #owes;
  #on_overdue;
  /** Since when it owes one, on the clock of the timers; null where it owes none. @type {number | null} */
  #since = null;
  /** @type {unknown} */
  #timer = undefined;

  /**
   * @param {object} options
   * @param {import("./timers.js").Timers} options.timers
   * @param {() => boolean} options.owes Whether the server owes an answer now.
   * @param {() => void} options.on_overdue
   */
  constructor({ timers, owes, on_overdue }) {
    this.#timers = timers;
    this.#owes = owes;
    this.#on_overdue = on_overdue;
  }

  /** Something was sent. */
  sent() {
    if (this.#since !== null || !this.#owes()) return;
    this.#since = this.#timers.now();
    if (this.#timer === undefined) this.#timer = this.#timers.set(() => this.#look(), ANSWER_TIME);
  }

  /** The server has answered something: for the rest it has as long again. */
  answered() {
    this.#since = this.#owes() ? this.#timers.now() : null;
  }

  /** The connection is gone, and what was owed on it. */
  forget() {
    this.#since = null;
  }

  #look() {
    this.#timer = undefined;
    if (this.#since === null || !this.#owes()) {
      this.#since = null;
      return;
    }
    const now = this.#timers.now();
    if (now - this.#since >= ANSWER_TIME) {
      this.#on_overdue();
      this.#since = now;
    }
    this.#timer = this.#timers.set(() => this.#look(), this.#since + ANSWER_TIME - now);
  }
}
