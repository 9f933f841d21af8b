import { MAX_TERMINAL_CELLS } from "./protocol.js";

/** @import { TerminalSize } from "./protocol.js" */

/**
 * The part of xterm.js that the page uses; its headless form has it too.
 * @typedef {object} Emulator
 * @property {number} cols
 * @property {number} rows
 * @property {(data: Uint8Array, done?: () => void) => void} write
 * @property {(listener: (data: string) => void) => unknown} onData
 * @property {(listener: (data: string) => void) => unknown} onBinary
 * @property {(listener: () => void) => unknown} onResize
 * @property {(text: string) => void} [paste] Passes the text to `onData` at once, bracketed if the program asked for that.
 * @property {{bracketedPasteMode: boolean}} modes
 *
 * @typedef {object} TerminalEvents
 * @property {(bytes: Uint8Array, what: {is_answer: boolean}) => void} on_input `is_answer`: an answer of the emulator, not a key.
 * @property {() => void} on_resize
 */

/**
 * Answers of an emulator to queries in the output: control strings (OSC, DCS, ...), reports with a private
 * mark, cursor and status reports, device attributes, mode and window reports, and focus reports, if a program
 * asked for them. No key sends these, except F3 with Shift, Ctrl or Alt, which looks like a cursor report. Alt with a
 * character that begins a control string sends only that beginning.
 */
// eslint-disable-next-line no-control-regex
const ANSWER = /^\x1b(?:[\]P^_X][^]|\[[?>=]|\[[0-9;]*(?:[cnRtx]|\$y)|\[[IO]$)/;

/** ESC [ 2 0 1 ~ */
const END_OF_PASTE = Uint8Array.of(0x1b, 0x5b, 0x32, 0x30, 0x31, 0x7e);

/** ESC c, which resets the emulator, in order with the output around it. */
const FULL_RESET = Uint8Array.of(0x1b, 0x63);

/**
 * The terminal on the page, in bytes. It reports what is drawn, and does not answer queries in replayed output: they were
 * answered when the output was new, and the shell would take a second answer for input.
 */
export class TerminalScreen {
  #emulator;
  #events;
  #encoder = new TextEncoder();
  /** Pending writes whose queries must not be answered. */
  #silent_writes = 0;

  /** @param {Emulator} emulator @param {TerminalEvents} events */
  constructor(emulator, events) {
    this.#emulator = emulator;
    this.#events = events;
    emulator.onData((text) => this.#take(text, this.#encoder.encode(text)));
    emulator.onBinary((text) => this.#take(text, Uint8Array.from(text, (unit) => unit.charCodeAt(0) & 0xff)));
    emulator.onResize(() => this.#events.on_resize());
  }

  /** @returns {TerminalSize} */
  get size() {
    const limited = (/** @type {number} */ cells) => Math.max(1, Math.min(MAX_TERMINAL_CELLS, cells));
    return { columns: limited(this.#emulator.cols), rows: limited(this.#emulator.rows) };
  }

  /**
   * @param {Uint8Array} bytes
   * @param {object} how
   * @param {boolean} how.is_replay
   * @param {() => void} done Called once the bytes have been drawn.
   */
  write(bytes, { is_replay }, done) {
    if (!is_replay) {
      this.#emulator.write(bytes, done);
      return;
    }
    this.#silent_writes++;
    this.#emulator.write(bytes, () => {
      this.#silent_writes--;
      done();
    });
  }

  /** @param {string} text */
  paste(text) {
    this.#emulator.paste?.(text);
  }

  /** The end of a bracketed paste; empty unless the program asked for bracketed pastes. */
  get end_of_paste() {
    return this.#emulator.modes.bracketedPasteMode ? END_OF_PASTE : new Uint8Array();
  }

  /** Resets the emulator after all pending output, whose queries are not answered any more. */
  clear() {
    this.write(FULL_RESET, { is_replay: true }, () => {});
  }

  /** @param {string} text @param {Uint8Array} bytes */
  #take(text, bytes) {
    const is_answer = ANSWER.test(text);
    if (this.#silent_writes > 0 && is_answer) return;
    this.#events.on_input(bytes, { is_answer });
  }
}
