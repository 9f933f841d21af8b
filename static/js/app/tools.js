import { find } from "./dom.js";

/** @import { Display } from "./display.js" */

/** Keys that a browser keeps for itself, and gives to a page that fills the screen, where it gives them at all. */
const KEYS_OF_THE_BROWSER = ["KeyW", "KeyT", "KeyN", "KeyQ", "Escape"];

/** Whether shortcuts have ⌘ instead of Ctrl. */
export function is_mac() {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}

/**
 * Whether a key gives this letter, as shortcuts count it: by what the layout writes on it, or by its place where the layout has
 * no Latin letters.
 * @param {Pick<KeyboardEvent, "key" | "code">} event @param {string} letter From a to z.
 */
export function is_letter({ key, code }, letter) {
  return /^[a-z]$/i.test(key) ? key.toLowerCase() === letter : code === `Key${letter.toUpperCase()}`;
}

/** Shows the keys of this kind of machine in the hints of the first task. */
export function name_keys() {
  if (!is_mac()) return;
  for (const key of document.querySelectorAll("kbd[data-mac]")) key.textContent = key.getAttribute("data-mac");
}

/** The button that folds the task away and brings it back. @param {Display} display */
export function attach_fold(display) {
  const fold = find("fold");
  fold.addEventListener("click", () => display.change({ is_folded: !display.choices.is_folded }));
  display.follow(({ is_folded }) => {
    document.body.toggleAttribute("data-folded", is_folded);
    fold.setAttribute("aria-expanded", String(!is_folded));
    fold.textContent = is_folded ? "Show the task" : "Hide the task";
  });
}

/** The button for the full screen, in which Ctrl+W and its like reach the shell. @param {() => void} then */
export function attach_full_screen(then) {
  const full_screen = find("full_screen");
  full_screen.hidden = !document.fullscreenEnabled;
  full_screen.addEventListener("click", () => void toggle().then(then));
  document.addEventListener("fullscreenchange", () => {
    full_screen.textContent = document.fullscreenElement === null ? "Full screen" : "Leave full screen";
  });
}

/** Of the browsers that have it. @returns {{lock?: (keys: string[]) => Promise<void>} | undefined} */
function keyboard() {
  return /** @type {any} */ (navigator).keyboard;
}

/** Whether the full screen gives the shell the keys that a browser keeps for itself. */
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
    // The browser does not want to: the page stays as it is, and all works but those keys.
  }
}
