import { announce } from "./announcer.js";
import { find, set_usable, when_pressed } from "./dom.js";
import { clock_text } from "./words.js";

/** @import { StudyState, TaskState } from "../core/protocol.js" */
/** @import { Timers } from "../core/timers.js" */

/** The buttons of a running task: those that the task offers, and from the moment on at which it does. */
export class TaskActions {
  #timers;
  #box = find("actions");
  #reset = find("reset");
  #give_up = find("give_up");
  #hand_in = find("hand_in");
  #solution = find("show_solution");
  #is_busy = false;
  /** When the task's clock was paused, by the timers' clock: it makes nothing available. @type {number | null} */
  #paused_at = null;
  /** By the timers' clock. */
  #give_up_at = 0;
  /** By the timers' clock; null if there is no solution to show. @type {number | null} */
  #solution_at = null;
  /** @type {unknown} */
  #timer = undefined;

  /** @param {{timers: Timers, on_reset: () => void, on_give_up: () => void, on_hand_in: () => void, on_show_solution: () => void}} parts */
  constructor({ timers, on_reset, on_give_up, on_hand_in, on_show_solution }) {
    this.#timers = timers;
    when_pressed(this.#reset, on_reset);
    when_pressed(this.#give_up, on_give_up);
    when_pressed(this.#hand_in, on_hand_in);
    when_pressed(this.#solution, on_show_solution);
  }

  /** @param {StudyState} state */
  show({ state, task }) {
    this.#box.hidden = state !== "running" || task === null || !offers_any(task);
    if (task === null) return;
    const { give_up_in_seconds, solution_in_seconds, tries_left } = task;
    const now = this.#timers.now();
    this.#paused_at = task.clock_stands ? now : null;
    this.#give_up_at = now + (give_up_in_seconds ?? 0) * 1000;
    const solution_at = solution_in_seconds === undefined || solution_in_seconds === null ? null : now + solution_in_seconds * 1000;
    this.#solution_at = solution_at;
    this.#reset.hidden = task.start_over === false;
    this.#give_up.hidden = !offers_giving_up(task);
    this.#hand_in.hidden = !offers_handing_in(task);
    this.#hand_in.textContent = typeof tries_left === "number" && tries_left > 1 ? `Hand in (${tries_left} tries)` : "Hand in";
    this.#solution.hidden = true;
    this.#tick(true);
  }

  end() {
    this.#box.hidden = true;
    this.#timers.clear(this.#timer);
  }

  /** Disables the buttons while one of their requests is pending. @param {boolean} is_busy */
  set_busy(is_busy) {
    this.#is_busy = is_busy;
    this.#tick(true);
  }

  /** @param {boolean} [is_quiet] Whether nothing has just been offered. */
  #tick(is_quiet = false) {
    this.#timers.clear(this.#timer);
    const now = this.#paused_at ?? this.#timers.now();
    const until_give_up = (this.#give_up_at - now) / 1000;
    const until_solution = this.#solution_at === null ? Infinity : (this.#solution_at - now) / 1000;
    for (const button of [this.#reset, this.#hand_in, this.#solution]) set_usable(button, !this.#is_busy);
    set_usable(this.#give_up, !this.#is_busy && until_give_up <= 0);
    const words = until_give_up > 0 ? `Give up in ${clock_text(until_give_up)}` : "Give up";
    if (this.#give_up.textContent !== words) this.#give_up.textContent = words;
    if (this.#solution.hidden && until_solution <= 0) {
      this.#solution.hidden = false;
      if (!is_quiet) announce("You can have the solution shown now.");
    }
    const waits = (until_give_up > 0 && !this.#give_up.hidden) || (until_solution > 0 && until_solution < Infinity);
    if (waits && this.#paused_at === null && !this.#box.hidden) this.#timer = this.#timers.set(() => this.#tick(), 250);
  }
}

/** @param {TaskState} task */
function offers_giving_up({ give_up, give_up_in_seconds }) {
  return give_up !== false || (give_up_in_seconds ?? 0) > 0;
}

/** @param {TaskState} task */
function offers_handing_in({ hand_in }) {
  return hand_in === "button" || hand_in === "both";
}

/** @param {TaskState} task */
function offers_any(task) {
  return task.start_over !== false || offers_giving_up(task) || offers_handing_in(task) || typeof task.solution_in_seconds === "number";
}
