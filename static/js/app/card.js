import { element, picture_of } from "./dom.js";

/**
 * @typedef {object} CardWords
 * @property {string} card Its name.
 * @property {string} heading
 * @property {string} [sign] A picture's name.
 * @property {Node[]} [footer] Mostly buttons. Always visible below the text, which scrolls.
 */

/**
 * @param {string} heading_id
 * @param {CardWords} what
 * @param {(Node | string)[]} content Scrolls if it is long.
 * @returns {{card: HTMLElement, title: HTMLElement}} `title` takes the focus, not a button: keys that are typed while the card
 * opens must not press a button. It is inside the text, so that keys scroll the text.
 */
export function make_card(heading_id, { heading, sign, footer = [] }, content) {
  const title = element("h2", { tabindex: "-1", id: heading_id }, heading);
  const picture = sign === undefined ? [] : [picture_of(sign, "sign")];
  const read_out_parts = [...content, ...footer].filter((part) => typeof part !== "string" && "dataset" in part && /** @type {HTMLElement} */ (part).dataset.readOut !== undefined);
  read_out_parts.forEach((part, index) => /** @type {HTMLElement} */ (part).setAttribute("id", `${heading_id}_read_out_${index}`));
  title.setAttribute("aria-describedby", read_out_parts.map((_, index) => `${heading_id}_read_out_${index}`).join(" "));
  const text = element("div", { class: "card_text" }, element("div", { class: "headline" }, ...picture, title), ...content);
  const card = element("div", { class: "card" }, text, ...(footer.length === 0 ? [] : [element("footer", {}, ...footer)]));
  return { card, title };
}

/** Marks a part of a card that screen readers read out when the card opens. @param {HTMLElement} part */
export function read_out(part) {
  part.setAttribute("data-read-out", "");
  return part;
}

/** Visible to screen readers only. */
export function screen_reader_notice() {
  return element(
    "p",
    { class: "spoken" },
    "Using a screen reader? Turn on “Let a screen reader read the terminal” in Settings. Shift+F6 moves between the terminal and the rest of the page. Shift+F7 reads out the time left.",
  );
}

/** Shown on devices that seem to have no keyboard. */
export function keyboard_notice() {
  return element(
    "p",
    { class: "needs_keyboard" },
    element("strong", {}, "Use a computer with a keyboard. "),
    "This study needs Ctrl, Tab, Escape and the arrow keys, which on-screen keyboards do not have. Open the same link on a computer.",
  );
}
