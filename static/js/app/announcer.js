import { find } from "./dom.js";

/** @import { Timers } from "../core/timers.js" */

/** Says something to a screen reader that others see elsewhere. @param {string} sentence */
export function announce(sentence) {
  // In a dialog only what is inside of it can be heard: of the one in front, which comes last in the page.
  const place = [...document.querySelectorAll("dialog[open] .announcer")].at(-1) ?? find("announcer");
  // The same text again would be no change, and a screen reader would say nothing.
  place.textContent = place.textContent === sentence ? `${sentence}\u00a0` : sentence;
}

/**
 * Milliseconds after which a screen reader has got the terminal's output: xterm.js collects it for at most 1000 (its
 * TimeBasedDebouncer) before it changes its live region.
 */
const OUTPUT_TIME = 1200;

/** Announces what is about the terminal's output, after that output, and only the newest. */
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

  /** What waits is no longer true. */
  cancel() {
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }
}
