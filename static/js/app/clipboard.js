import { button } from "./dom.js";

/** In milliseconds. For this long a button says what it has done. */
const SAID_FOR = 2000;

/** A button that copies a text. @param {() => string} text @param {string} [name] Its class. @returns {HTMLElement} */
export function copy_button(text, name = "copy") {
  const made = button("Copy", () => void copy(), name);

  async function copy() {
    const is_copied = await copy_text(text());
    made.textContent = is_copied ? "Copied" : "Copying failed";
    setTimeout(() => (made.textContent = "Copy"), SAID_FOR);
  }

  return made;
}

/**
 * Copies text. Works without HTTPS, too, where navigator.clipboard is missing.
 * @param {string} text
 * @returns {Promise<boolean>} Whether the clipboard has the text.
 */
export async function copy_text(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copy_by_event(text);
  }
}

/** @param {string} text */
function copy_by_event(text) {
  let is_asked = false;
  const set_clipboard = (/** @type {ClipboardEvent} */ event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData?.setData("text/plain", text);
    is_asked = true;
  };
  document.addEventListener("copy", set_clipboard, { capture: true, once: true });
  const is_done = document.execCommand("copy");
  document.removeEventListener("copy", set_clipboard, { capture: true });
  return is_done && is_asked;
}
