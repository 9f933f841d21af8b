import { find } from "./dom.js";

/** Says something to a screen reader that others see elsewhere. @param {string} sentence */
export function announce(sentence) {
  // In a dialog only what is inside of it can be heard: of the one in front, which comes last in the page.
  const place = [...document.querySelectorAll("dialog[open] .announcer")].at(-1) ?? find("announcer");
  place.textContent = sentence;
}
