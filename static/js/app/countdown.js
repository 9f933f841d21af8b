import { announce } from "./announcer.js";
import { find } from "./dom.js";
import { clock_level, clock_text, time_left_in_words } from "./words.js";

/** @import { Timers } from "../core/timers.js" */

/**
 * Shows the server's clock: the time left that it told last, counted down by a clock here that only grows. As time gets
 * short it shows that in colour and tells a screen reader how much is left.
 */
export class Countdown {
  #timers;
  #box = find("clock_box");
  #clock = find("clock");
  #words = find("clock_words");
  #level = "enough";
  #stands = false;
  /** Seconds left while the clock stands. */
  #paused_at = 0;
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
    this.#stands = stands;
    if (seconds_left === null) {
      this.#level = "enough";
      return;
    }
    this.#duration = duration;
    this.#paused_at = seconds_left;
    this.#ends_at = this.#timers.now() + seconds_left * 1000;
    const words = stands ? "left, paused" : "left";
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#tick();
  }

  /** How much time is left, or nothing where no task runs. */
  get in_words() {
    if (this.#box.hidden) return "";
    return `${time_left_in_words(this.#seconds_left)}${this.#stands ? ", paused" : ""}`;
  }

  get #seconds_left() {
    return this.#stands ? this.#paused_at : (this.#ends_at - this.#timers.now()) / 1000;
  }

  #tick() {
    const left = this.#seconds_left;
    const text = clock_text(left);
    if (this.#clock.textContent !== text) this.#clock.textContent = text;
    const level = clock_level(left, this.#duration);
    if (level !== this.#level && level !== "enough" && left > 0 && !this.#stands) announce(`${time_left_in_words(left)}.`);
    this.#level = level;
    this.#box.dataset.level = level;
    // Once a second, as the text changes: a page that draws keys has no time to lose.
    const until_next_second = (left - Math.ceil(left) + 1) * 1000;
    if (left > 0 && !this.#stands) this.#timer = this.#timers.set(() => this.#tick(), until_next_second);
  }
}
