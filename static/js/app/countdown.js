import { announce } from "./announcer.js";
import { find } from "./dom.js";
import { clock_level, clock_text, time_left_in_words } from "./words.js";

/** @import { Timers } from "../core/timers.js" */

/**
 * Shows the time left: the server's last value, counted down by a monotonic clock. When time gets short, the colour changes
 * and screen readers hear how much is left.
 */
export class Countdown {
  #timers;
  #box;
  #clock;
  #words;
  #unit;
  #announces;
  #level = "enough";
  #is_paused = false;
  /** Seconds left while the clock is paused. */
  #paused_at = 0;
  #ends_at = 0;
  #duration = 0;
  /** @type {unknown} */
  #timer = undefined;

  /**
   * @param {Timers} timers
   * @param {{name: string, unit?: string, announces?: boolean}} [which] `name`: the beginning of the elements' ids. `announces`: whether
   *     screen readers hear that time gets short.
   */
  constructor(timers, { name, unit = "left", announces = true } = { name: "clock" }) {
    this.#timers = timers;
    this.#box = find(`${name}_box`);
    this.#clock = find(name);
    this.#words = find(`${name}_words`);
    this.#unit = unit;
    this.#announces = announces;
  }

  /**
   * @param {number | null} seconds_left Null if no task runs.
   * @param {number} duration The task's time limit, in seconds.
   * @param {boolean} [is_paused] The clock stops until the next call.
   */
  set(seconds_left, duration, is_paused = false) {
    this.#timers.clear(this.#timer);
    this.#box.hidden = seconds_left === null;
    this.#is_paused = is_paused;
    if (seconds_left === null) {
      this.#level = "enough";
      return;
    }
    this.#duration = duration;
    this.#paused_at = seconds_left;
    this.#ends_at = this.#timers.now() + seconds_left * 1000;
    const words = is_paused ? `${this.#unit}, paused` : this.#unit;
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.#tick();
  }

  /** The time left in words; empty if no task runs. */
  get in_words() {
    if (this.#box.hidden) return "";
    return `${time_left_in_words(this.#seconds_left)}${this.#is_paused ? ", paused" : ""}`;
  }

  get #seconds_left() {
    return this.#is_paused ? this.#paused_at : (this.#ends_at - this.#timers.now()) / 1000;
  }

  #tick() {
    const left = this.#seconds_left;
    const text = clock_text(left);
    if (this.#clock.textContent !== text) this.#clock.textContent = text;
    const level = clock_level(left, this.#duration);
    if (this.#announces && level !== this.#level && level !== "enough" && left > 0 && !this.#is_paused) announce(`${time_left_in_words(left)}.`);
    this.#level = level;
    this.#box.dataset.level = level;
    // Only when the text changes, to leave the main thread to the terminal.
    const until_next_second = (left - Math.ceil(left) + 1) * 1000;
    if (left > 0 && !this.#is_paused) this.#timer = this.#timers.set(() => this.#tick(), until_next_second);
  }
}
