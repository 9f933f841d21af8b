import { is_letter } from "./tools.js";

/** @import { Terminal } from "../../vendor/xterm.mjs" */
/** @import { StudyPage } from "./study_page.js" */

/** What keys that are pressed outside the terminal send to the shell. @type {Record<string, string>} */
const SENT_AS = { Enter: "\r", Backspace: "\x7f" };

/**
 * Keeps the keyboard focus in the terminal: the focus returns there after a click elsewhere, but not after navigation by keys.
 * @param {{emulator: Terminal, page: StudyPage, focus_terminal: () => void, on_paste: (text: string) => void}} parts
 */
export function attach_keyboard({ emulator, page, focus_terminal, on_paste }) {
  const follower = new PointerFollower(() => page.has_terminal && !has_selected_text() && !has_terminal_focus(), focus_terminal);
  document.addEventListener("click", (event) => follower.before(event), { capture: true });
  document.addEventListener("click", (event) => follower.after(event));
  // When Escape closes a dialog. The event does not bubble.
  document.addEventListener("close", () => follower.closed(), { capture: true });
  // For example after copying from the task's text, which is still selected.
  document.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text === "" || !page.has_terminal || has_terminal_focus() || !is_for_terminal(follower)) return;
    event.preventDefault();
    focus_terminal();
    on_paste(text);
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (is_plain(event) && event.shiftKey && event.key === "F7") {
      event.preventDefault();
      page.announce_status();
    } else if (page.has_terminal && !has_terminal_focus()) {
      handle_key(event, emulator, focus_terminal, follower);
    }
  });
}

/** Knows whether the front dialog was opened or used with a pointer. */
class PointerFollower {
  #may_focus;
  #focus_terminal;
  #had_dialog = false;
  #dialog_is_for_pointer = false;
  /** Whether the last click came from a pointer, not from a key. */
  is_pointer = false;

  /** @param {() => boolean} may_focus @param {() => void} focus_terminal */
  constructor(may_focus, focus_terminal) {
    this.#may_focus = may_focus;
    this.#focus_terminal = focus_terminal;
  }

  /** Called in the capture phase, before all other handlers. @param {MouseEvent} event */
  before(event) {
    // A click by a key has detail 0.
    this.is_pointer = event.detail > 0;
    this.#had_dialog = has_dialog();
  }

  /** @param {MouseEvent} event */
  after(event) {
    const is_pointer = event.detail > 0;
    if (has_dialog()) this.#dialog_is_for_pointer = is_pointer || (this.#had_dialog && this.#dialog_is_for_pointer);
    else if (is_pointer || this.is_due) this.#return_focus();
  }

  closed() {
    if (this.is_due) this.#return_focus();
  }

  /** Whether a dialog that was used with a pointer has closed and the focus has not returned yet. */
  get is_due() {
    return this.#dialog_is_for_pointer && !has_dialog();
  }

  #return_focus() {
    this.#dialog_is_for_pointer = false;
    if (this.#may_focus()) this.#focus_terminal();
  }
}

/** @param {KeyboardEvent} event @param {Terminal} emulator @param {() => void} focus_terminal @param {PointerFollower} follower */
function handle_key(event, emulator, focus_terminal, follower) {
  if (is_plain(event) && event.shiftKey && event.key === "F6") {
    event.preventDefault();
    focus_terminal();
    return;
  }
  if (!is_for_terminal(follower)) return;
  const text = text_of(event);
  if (text === null) return;
  event.preventDefault();
  focus_terminal();
  emulator.input(text);
}

/**
 * Whether keys can go to the terminal: the focus is on the body, or a click put it on an element without keyboard input.
 * @param {PointerFollower} follower
 */
function is_for_terminal(follower) {
  if (document.activeElement === document.body || document.activeElement === null || follower.is_due) return true;
  return follower.is_pointer && document.activeElement.closest("button, a, input, summary") === null;
}

/** @param {KeyboardEvent} event @returns {string | null} What the key sends to the shell; null if it is not for the shell. */
function text_of(event) {
  if (event.ctrlKey && !event.altKey && !event.metaKey && is_letter(event, "c") && !event.shiftKey && !has_selected_text()) return "\x03";
  if (!is_plain(event) && !event.getModifierState("AltGraph")) return null;
  return event.key.length === 1 ? event.key : (SENT_AS[event.key] ?? null);
}

/** @param {KeyboardEvent} event */
function is_plain(event) {
  return !event.ctrlKey && !event.altKey && !event.metaKey;
}

function has_dialog() {
  return document.querySelector("dialog[open]") !== null;
}

function has_terminal_focus() {
  return (document.activeElement?.closest("#terminal") ?? null) !== null;
}

function has_selected_text() {
  return document.getSelection()?.isCollapsed === false;
}
