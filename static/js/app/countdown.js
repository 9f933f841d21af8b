import { find } from "./dom.js";
import { clock_text } from "./words.js";

/** @import { Timers } from "../core/timers.js" */

const TICK = 200;
/** From here on the clock stands out. */
const SHORT_SECONDS = 10;

/** Shows the server's clock: its last word on the time left, carried on by a clock here that only grows. */
export class Countdown {
  #timers;
  #clock = find("clock");
  #ends_at = 0;
  /** @type {unknown} */
  #timer = undefined;

  /** @param {Timers} timers */
  constructor(timers) {
    this.#timers = timers;
  }

  /** @param {number | null} seconds_left Null: nothing runs. */
  set(seconds_left) {
    this.#timers.clear(this.#timer);
    this.#clock.hidden = seconds_left === null;
    if (seconds_left === null) return;
    this.#ends_at = this.#timers.now() + seconds_left * 1000;
    this.#tick();
  }

  #tick() {
    const left = (this.#ends_at - this.#timers.now()) / 1000;
    const text = clock_text(left);
    if (this.#clock.textContent !== text) this.#clock.textContent = text;
    this.#clock.toggleAttribute("data-is-short", left <= SHORT_SECONDS);
    if (left > 0) this.#timer = this.#timers.set(() => this.#tick(), TICK);
  }
}
