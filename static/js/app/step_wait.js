import { announce } from "./announcer.js";
import { element } from "./dom.js";
import { clock_text, duration_in_words } from "./words.js";

/** @import { Step } from "../core/protocol.js" */
/** @import { Timers } from "../core/timers.js" */

/** A line that counts down to the moment from which the participant may leave a step, and to the end of a break. */
export class StepWait {
  element = element("p", { class: "waiting", hidden: true });
  #timers;
  #on_change;
  #ends_at = 0;
  /** @type {number | null} */
  #break_ends_at = null;
  #is_over = true;
  #is_break_over = false;
  /** @type {unknown} */
  #timer = undefined;

  /** @param {Timers} timers @param {Step} step @param {() => void} on_change The participant may leave, or must wait again. */
  constructor(timers, step, on_change) {
    this.#timers = timers;
    this.#on_change = on_change;
    this.set(step);
  }

  /** The server tells the times again. Nothing is announced. @param {Step} step */
  set(step) {
    const { at_least_in_seconds: wait = 0, seconds_left: rest = null } = step;
    const now = this.#timers.now();
    this.#ends_at = now + wait * 1000;
    this.#break_ends_at = rest === null ? null : now + rest * 1000;
    this.#is_over = wait <= 0;
    this.#is_break_over = rest !== null && rest <= 0;
    this.#tick();
  }

  /** Whether the participant may leave. */
  get is_over() {
    return this.#is_over;
  }

  /** The server wants the participant to stay longer. @param {number} seconds */
  begin(seconds) {
    this.#ends_at = this.#timers.now() + Math.max(1, seconds) * 1000;
    this.#is_over = false;
    this.#tick();
    announce(this.element.textContent ?? "");
    this.#on_change();
  }

  /** Another card has replaced this one. */
  stop() {
    this.#timers.clear(this.#timer);
  }

  #tick() {
    this.#timers.clear(this.#timer);
    const now = this.#timers.now();
    const wait = Math.max(0, (this.#ends_at - now) / 1000);
    const rest = this.#break_ends_at === null ? null : (this.#break_ends_at - now) / 1000;
    const parts = [];
    if (wait > 0) parts.push(`You can continue in ${duration_in_words(Math.ceil(wait))}.`);
    if (rest !== null) parts.push(rest > 0 ? `${clock_text(rest)} left in the break.` : "The break is over. Please continue.");
    const words = parts.join(" ");
    if (this.element.textContent !== words) this.element.textContent = words;
    this.element.hidden = words === "";
    if (wait <= 0 && !this.#is_over) {
      this.#is_over = true;
      announce("You can continue now.");
      this.#on_change();
    }
    if (rest !== null && rest <= 0 && !this.#is_break_over) {
      this.#is_break_over = true;
      announce("The break is over. Please continue.");
    }
    if (wait > 0 || (rest !== null && rest > 0)) this.#timer = this.#timers.set(() => this.#tick(), 250);
  }
}
