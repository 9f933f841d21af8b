import { ApiError } from "../core/api.js";
import { system_timers } from "../core/timers.js";
import { keyboard_notice, read_out, screen_reader_notice } from "./card.js";
import { button, element, set_usable } from "./dom.js";
import { wait_to_retry } from "./retry_wait.js";

/** @import { Timers } from "../core/timers.js" */
/** @import { PlainPage } from "./plain_page.js" */

const JOIN = "Take part";

/**
 * The page of an open link. Nothing happens before the button is pressed: mail programs and messengers open links to look at
 * them.
 * @param {PlainPage} screen
 * @param {object} what
 * @param {string} what.title Of the study.
 * @param {() => Promise<void>} what.join Rejected as Api.join() is.
 * @param {(error: unknown) => void} what.on_refused Not called if it only takes time.
 * @param {Timers} [what.timers]
 */
export function show_welcome(screen, { title, join, on_refused, timers = system_timers }) {
  const join_button = button(JOIN, press, "main");
  const error_box = element("p", { class: "error", hidden: true });

  async function press() {
    set_usable(join_button, false);
    join_button.textContent = "Please wait…";
    try {
      await join();
    } catch (error) {
      join_button.textContent = JOIN;
      if (!(error instanceof ApiError) || error.status !== 429) {
        on_refused(error);
        return;
      }
      error_box.hidden = false;
      wait_to_retry({ timers, seconds: error.retry_after || 1, button: join_button, box: error_box, cause: "Many people join at this moment." });
    }
  }

  screen.show(
    { card: "welcome", heading: title, sign: "terminal", footer: [join_button] },
    screen_reader_notice(),
    read_out(element("p", {}, `Welcome! You are invited to take part in this study. Press “${JOIN}” to begin.`)),
    keyboard_notice(),
    error_box,
  );
}
