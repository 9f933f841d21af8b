import { find } from "./dom.js";

/** Progress of a large paste, with a button that stops it. */
export class PasteBar {
  #bar = find("paste_bar");
  #progress = /** @type {HTMLProgressElement} */ (find("paste_bar_progress"));
  #words = find("paste_bar_words");

  #focus_terminal;

  /** @param {{on_stop: () => void, focus_terminal: () => void}} events */
  constructor({ on_stop, focus_terminal }) {
    this.#focus_terminal = focus_terminal;
    find("paste_bar_stop").addEventListener("click", () => {
      on_stop();
      focus_terminal();
    });
  }

  /** @param {{done: number, total: number} | null} backlog */
  show(backlog) {
    if (backlog === null) {
      const has_focus = this.#bar.contains(document.activeElement);
      this.#bar.hidden = true;
      if (has_focus) this.#focus_terminal();
      return;
    }
    this.#bar.hidden = false;
    this.#progress.max = backlog.total;
    this.#progress.value = backlog.done;
    this.#words.textContent = `Pasting: ${Math.floor((100 * backlog.done) / backlog.total)} % of ${size_in_words(backlog.total)}`;
  }
}

/** @param {number} bytes */
function size_in_words(bytes) {
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
