import { button, element, set_usable } from "./dom.js";
import { button_row, keyboard_notice } from "./screen.js";

/** @import { Screen } from "./screen.js" */

/**
 * Asks for the access code. The answer becomes part of the page's address, as in the link that participants get.
 * @param {Screen} screen
 * @param {string} complaint What was wrong with the last code, or nothing.
 */
export function show_login(screen, complaint) {
  const input = /** @type {HTMLInputElement} */ (
    element("input", { name: "access_code", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true })
  );
  const form = element(
    "form",
    { method: "get" },
    element("label", { class: "field" }, "Access code", input),
    button_row(element("button", { class: "main" }, "Continue")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const access_code = input.value.trim();
    if (access_code !== "") location.search = new URLSearchParams({ access_code }).toString();
  });
  screen.show(
    { card: "login", heading: "Welcome", sign: "terminal" },
    element("p", {}, "Please enter the access code that you were given for this study."),
    ...(complaint === "" ? [] : [element("p", { class: "complaint", role: "alert" }, complaint)]),
    keyboard_notice(),
    form,
  );
  input.focus();
}

/**
 * @param {Screen} screen
 * @param {string} reason
 * @param {() => void} try_again Called once, as it ends with another card or with none.
 */
export function show_unreachable(screen, reason, try_again) {
  const retry = button("Try again", press, "main");

  function press() {
    set_usable(retry, false);
    try_again();
  }

  screen.show(
    { card: "unreachable", heading: "The study cannot be reached", sign: "trouble" },
    element("p", {}, "The server did not answer as it should. Your network may be down, or the study is not running at the moment. Nothing of yours is lost."),
    element("p", { class: "quiet" }, reason),
    button_row(retry),
  );
}
