import { element, picture_of } from "./dom.js";

/**
 * @typedef {object} CardWords
 * @property {string} card Its name.
 * @property {string} heading
 * @property {string} [sign] A picture's name.
 * @property {Node[]} [footer] Mostly buttons: below the text, and in sight however long that is.
 */

/**
 * @param {string} heading_id
 * @param {CardWords} what
 * @param {(Node | string)[]} content Scrolls where it is long.
 * @returns {{card: HTMLElement, title: HTMLElement}} `title` is for the focus, not a button: a person who is typing when the card
 * comes up must not press anything by that. It is inside the text, so that keys scroll that.
 */
export function make_card(heading_id, { heading, sign, footer = [] }, content) {
  const title = element("h2", { tabindex: "-1", id: heading_id }, heading);
  const picture = sign === undefined ? [] : [picture_of(sign, "sign")];
  const told_parts = [...content, ...footer].filter((part) => typeof part !== "string" && "dataset" in part && /** @type {HTMLElement} */ (part).dataset.told !== undefined);
  told_parts.forEach((part, index) => /** @type {HTMLElement} */ (part).setAttribute("id", `${heading_id}_told_${index}`));
  title.setAttribute("aria-describedby", told_parts.map((_, index) => `${heading_id}_told_${index}`).join(" "));
  const text = element("div", { class: "card_text" }, element("div", { class: "headline" }, ...picture, title), ...content);
  const card = element("div", { class: "card" }, text, ...(footer.length === 0 ? [] : [element("footer", {}, ...footer)]));
  return { card, title };
}

/** Marks a part of a card that a screen reader reads out as the card comes up. @param {HTMLElement} part */
export function told(part) {
  part.setAttribute("data-told", "");
  return part;
}

/** Only screen readers meet it. */
export function screen_reader_notice() {
  return element(
    "p",
    { class: "spoken" },
    "Using a screen reader? Turn on “Let a screen reader read the terminal” in Settings. Shift+F6 moves between the terminal and the rest of the page. Shift+F7 tells the time left.",
  );
}

/** Shown to those who seem to have no keyboard. */
export function keyboard_notice() {
  return element(
    "p",
    { class: "needs_keyboard" },
    element("strong", {}, "Use a computer with a keyboard. "),
    "This study needs Ctrl, Tab, Escape and the arrow keys, which the keyboard on a phone's screen lacks. Open the same link on a computer.",
  );
}
