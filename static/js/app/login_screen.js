import { button_row } from "./screen.js";
import { element } from "./dom.js";

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
    { class: "card", method: "get" },
    element("label", {}, "Access code", input),
    button_row(element("button", { class: "main" }, "Continue")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const access_code = input.value.trim();
    if (access_code !== "") location.search = new URLSearchParams({ access_code }).toString();
  });
  const sentence = "Please enter the access code that you were given for this study.";
  const explanation = complaint === "" ? element("p", {}, sentence) : element("p", { class: "complaint", role: "alert" }, complaint);
  screen.show("login", "Welcome", explanation, form);
  input.focus();
}

/** @param {Screen} screen @param {string} reason @param {() => void} try_again */
export function show_unreachable(screen, reason, try_again) {
  const retry = element("button", { type: "button", class: "main", on_click: try_again }, "Try again");
  screen.show("unreachable", "The study cannot be reached", element("p", { class: "complaint" }, reason), button_row(retry));
}
