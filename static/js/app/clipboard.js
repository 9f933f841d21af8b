/**
 * Also where the page has no HTTPS, and so no clipboard of its own.
 * @param {string} text
 * @returns {Promise<boolean>} Whether it is in the clipboard.
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
  const give = (/** @type {ClipboardEvent} */ event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData?.setData("text/plain", text);
    is_asked = true;
  };
  document.addEventListener("copy", give, { capture: true, once: true });
  const is_done = document.execCommand("copy");
  document.removeEventListener("copy", give, { capture: true });
  return is_done && is_asked;
}
