import { find } from "./dom.js";

/** How far a large paste has come, and a way to stop it. */
export class UploadBar {
  #bar = find("upload");
  #progress = /** @type {HTMLProgressElement} */ (find("upload_progress"));
  #words = find("upload_words");

  /** @param {() => void} on_stop */
  constructor(on_stop) {
    find("upload_stop").addEventListener("click", on_stop);
  }

  /** @param {{done: number, total: number} | null} backlog */
  show(backlog) {
    this.#bar.hidden = backlog === null;
    if (backlog === null) return;
    this.#progress.max = backlog.total;
    this.#progress.value = backlog.done;
    this.#words.textContent = `Pasting: ${Math.floor((100 * backlog.done) / backlog.total)} % of ${size_in_words(backlog.total)}`;
  }
}

/** @param {number} bytes */
function size_in_words(bytes) {
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
