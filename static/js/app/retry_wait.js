import { announce } from "./announcer.js";
import { set_usable } from "./dom.js";
import { duration_in_words } from "./words.js";

/** @import { Timers } from "../core/timers.js" */

/**
 * Counts down until a button may be pressed again. Visible every second; announced to screen readers only at the beginning and
 * the end.
 * @param {object} what
 * @param {Timers} what.timers @param {number} what.seconds More than 0.
 * @param {HTMLElement} what.button @param {HTMLElement} what.box Shows the time. @param {string} what.cause A sentence.
 */
export function wait_to_retry({ timers, seconds, button, box, cause }) {
  const free_at = timers.now() + seconds * 1000;

  function count_down() {
    const left = Math.ceil((free_at - timers.now()) / 1000);
    set_usable(button, left <= 0);
    box.textContent = left > 0 ? `${cause} Try again in ${duration_in_words(left)}.` : "You can try again now.";
    if (left > 0) timers.set(count_down, 1000);
    else announce(box.textContent);
  }

  count_down();
  announce(box.textContent ?? "");
}
