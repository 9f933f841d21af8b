/** In milliseconds. A server that works acknowledges or answers within this time. */
const ANSWER_TIME = 1500;

/** Reports that an answer of the server is overdue, and reports again as long as it is. */
export class AnswerWatch {
  #timers;
  #owes;
  #on_overdue;
  /** Since when an answer is due, on the clock of the timers; null if none is. @type {number | null} */
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
    if (this.#timer === undefined) this.#timer = this.#timers.set(() => this.#check_overdue(), ANSWER_TIME);
  }

  /** The server has answered something. The time limit for the other answers starts again. */
  answered() {
    this.#since = this.#owes() ? this.#timers.now() : null;
  }

  /** The connection is gone: no answer is due any more. */
  forget() {
    this.#since = null;
  }

  #check_overdue() {
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
    this.#timer = this.#timers.set(() => this.#check_overdue(), this.#since + ANSWER_TIME - now);
  }
}
