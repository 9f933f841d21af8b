import { find } from "./dom.js";

/** @import { Timers } from "../core/timers.js" */

/** Announces a sentence to screen readers. @param {string} sentence */
export function announce(sentence) {
  // While a dialog is open, screen readers read only that dialog: the front one, which is the last in the page.
  const place = [...document.querySelectorAll("dialog[open] .announcer")].at(-1) ?? find("announcer");
  // Screen readers do not announce a text that is set again unchanged.
  place.textContent = place.textContent === sentence ? `${sentence}\u00a0` : sentence;
}

/**
 * In milliseconds. After this time screen readers have the terminal's output: xterm.js collects it for at most 1000 ms (its
 * TimeBasedDebouncer) before it changes its live region.
 */
const OUTPUT_TIME = 1200;

/** Announces sentences about the terminal's output: after that output, and only the latest. */
export class OutputAnnouncer {
  #timers;
  /** @type {unknown} */
  #timer = undefined;

  /** @param {Timers} timers */
  constructor(timers) {
    this.#timers = timers;
  }

  /** @param {string} sentence */
  announce(sentence) {
    this.cancel();
    this.#timer = this.#timers.set(() => announce(sentence), OUTPUT_TIME);
  }

  /** Drops the pending announcement. */
  cancel() {
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }
}
