import { find } from "./dom.js";

/** @import { Display } from "./display.js" */

/** Keys that a browser reserves; some browsers pass them to a page in full screen. */
const KEYS_OF_THE_BROWSER = ["KeyW", "KeyT", "KeyN", "KeyQ", "Escape"];

/** Whether shortcuts use ⌘ instead of Ctrl. */
export function is_mac() {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}

/**
 * Whether a key is this letter for shortcuts: by the layout, or by the key's position if the layout has no Latin letters.
 * @param {Pick<KeyboardEvent, "key" | "code">} event @param {string} letter From a to z.
 */
export function is_letter({ key, code }, letter) {
  return /^[a-z]$/i.test(key) ? key.toLowerCase() === letter : code === `Key${letter.toUpperCase()}`;
}

/** Shows a Mac's keys in the hints of the first task. */
export function show_mac_keys() {
  if (!is_mac()) return;
  for (const key of document.querySelectorAll("kbd[data-mac]")) key.textContent = key.getAttribute("data-mac");
}

/** The button that hides and shows the task. @param {Display} display */
export function attach_fold(display) {
  const fold = find("fold");
  fold.addEventListener("click", () => display.change({ is_folded: !display.choices.is_folded }));
  display.subscribe(({ is_folded }) => {
    document.body.toggleAttribute("data-folded", is_folded);
    fold.setAttribute("aria-expanded", String(!is_folded));
    fold.textContent = is_folded ? "Show the task" : "Hide the task";
  });
}

/** The full screen button. In full screen, keys such as Ctrl+W go to the shell. @param {() => void} then */
export function attach_full_screen(then) {
  const full_screen = find("full_screen");
  full_screen.hidden = !document.fullscreenEnabled;
  full_screen.addEventListener("click", () => void toggle().then(then));
  document.addEventListener("fullscreenchange", () => {
    full_screen.textContent = document.fullscreenElement === null ? "Full screen" : "Leave full screen";
  });
}

/** The Keyboard API, in browsers that have it. @returns {{lock?: (keys: string[]) => Promise<void>} | undefined} */
function keyboard() {
  return /** @type {any} */ (navigator).keyboard;
}

/** Whether reserved keys go to the shell in full screen. */
export function gives_all_keys() {
  return document.fullscreenEnabled && keyboard()?.lock !== undefined;
}

async function toggle() {
  try {
    if (document.fullscreenElement !== null) {
      await document.exitFullscreen();
    } else {
      await document.documentElement.requestFullscreen();
      await keyboard()?.lock?.(KEYS_OF_THE_BROWSER);
    }
  } catch {
    // The browser refused: everything works except those keys.
  }
}
