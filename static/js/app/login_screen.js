import { system_timers } from "../core/timers.js";
import { keyboard_notice, screen_reader_notice } from "./card.js";
import { button, element, is_usable, set_usable } from "./dom.js";
import { refusal_in_words, wait_for_code } from "./refusals.js";
import { wait_to_retry } from "./retry_wait.js";

/** @import { Timers } from "../core/timers.js" */
/** @import { PlainPage } from "./plain_page.js" */

const UNKNOWN_CODE = "This access code does not exist. Check it against your invitation.";

/**
 * Asks for the access code, and opens the page with it in the address, like a participant's link.
 * @param {PlainPage} screen
 * @param {object} [refused] The last code, which the server refused.
 * @param {string} refused.access_code
 * @param {number} [refused.wait] Seconds for which the server accepts no code; 0: the code is unknown.
 * @param {Timers} [refused.timers]
 */
export function show_login(screen, { access_code = "", wait = 0, timers = system_timers } = { access_code: "" }) {
  const input = /** @type {HTMLInputElement} */ (
    element("input", { name: "access_code", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true })
  );
  input.value = access_code;
  const submit = element("button", { class: "main", form: "login" }, "Continue");
  const form = element("form", { method: "get", id: "login" }, element("label", { class: "field" }, "Access code", input));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const next_code = input.value.trim();
    if (next_code !== "" && is_usable(submit)) location.search = new URLSearchParams({ access_code: next_code }).toString();
  });
  const error_box = element("p", wait > 0 ? { class: "error" } : { class: "error", role: "alert" }, UNKNOWN_CODE);

  screen.show(
    { card: "login", heading: "Welcome", sign: "terminal", footer: [submit] },
    screen_reader_notice(),
    element("p", {}, "Enter the access code from your invitation."),
    ...(access_code === "" ? [] : [error_box]),
    keyboard_notice(),
    form,
  );
  input.focus();
  input.select();
  if (wait > 0) wait_to_retry({ timers, seconds: wait, button: submit, box: error_box, cause: "Too many attempts." });
}

/**
 * Shows why the server refuses this page.
 * @param {PlainPage} screen
 * @param {{reason: unknown, access_code: string}} refused `reason`: the error of a request, or a Verdict.
 * @param {() => void} try_again Called at most once: another card follows, or none.
 */
export function show_refusal(screen, { reason, access_code }, try_again) {
  const wait = wait_for_code(reason);
  if (wait !== null) {
    show_login(screen, { access_code, wait });
    return;
  }
  const { card, heading, sentence, detail, is_final = false } = refusal_in_words(reason, new URL(import.meta.url).origin);
  const retry = button("Try again", press, "main");

  function press() {
    set_usable(retry, false);
    try_again();
  }

  screen.show(
    { card, heading, sign: "trouble", footer: is_final ? [] : [retry] },
    element("p", {}, sentence),
    ...(detail === "" ? [] : [element("p", { class: "quiet" }, detail)]),
  );
}
