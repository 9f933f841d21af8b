import { announce } from "./announcer.js";
import { find } from "./dom.js";
import { clock_text, clock_warning } from "./words.js";

/** @import { Timers } from "../core/timers.js" */

const TICK = 200;

/**
 * Shows the server's clock: its last word on the time left, carried on by a clock here that only grows. As time gets
 * short it says so in words and in colour, and to a screen reader.
 */
export class Countdown {
  #timers;
  #box = find("clock_box");
  #clock = find("clock");
  #words = find("clock_words");
  #ends_at = 0;
  #duration = 0;
  /** @type {unknown} */
  #timer = undefined;

  /** @param {Timers} timers */
  constructor(timers) {
    this.#timers = timers;
  }

  /**
   * @param {number | null} seconds_left Null: nothing runs.
   * @param {number} duration Of the whole task, in seconds.
   * @param {boolean} [stands] No time is used until the next call.
   */
  set(seconds_left, duration, stands = false) {
    this.#timers.clear(this.#timer);
    this.#box.hidden = seconds_left === null;
    if (seconds_left === null) {
      this.#words.textContent = "";
      return;
    }
    this.#duration = duration;
    this.#ends_at = this.#timers.now() + seconds_left * 1000;
    this.#tick(stands);
  }

  /** @param {boolean} [stands] */
  #tick(stands = false) {
    const left = (this.#ends_at - this.#timers.now()) / 1000;
    const text = clock_text(left);
    if (this.#clock.textContent !== text) this.#clock.textContent = text;
    const { level, words: warning } = clock_warning(left, this.#duration);
    this.#box.dataset.level = level;
    const words = stands ? "The clock stands still" : warning;
    if (this.#words.textContent !== words) {
      this.#words.textContent = words;
      if (words !== "" && !stands) announce(`${words}.`);
    }
    if (left > 0 && !stands) this.#timer = this.#timers.set(() => this.#tick(), TICK);
  }
}
