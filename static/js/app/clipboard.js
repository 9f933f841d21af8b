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
