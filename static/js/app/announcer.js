import { find } from "./dom.js";

/** Says something to a screen reader that others see elsewhere. @param {string} sentence */
export function announce(sentence) {
  // In a dialog only what is inside of it can be heard.
  const place = document.querySelector("dialog[open] .announcer") ?? find("announcer");
  place.textContent = sentence;
}
