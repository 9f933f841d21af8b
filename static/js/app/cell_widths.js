import { NO_CELL, TWO_CELLS } from "./character_widths.js";

/** @import { IUnicodeVersionProvider } from "@xterm/xterm" */

/** Below it a table has the width of each character; above it there are only long ranges. */
const END_OF_TABLE = 0x20000;

/** @typedef {0 | 1 | 2} Width In cells. */

/**
 * How many cells the emulator gives a character: as many as the C library in the sandbox says, so that the cursor is
 * where bash and its programs think it is. The library counts characters one by one, so a sequence that a newer terminal
 * draws as one picture takes the cells of its parts. A character that the library does not know takes one cell, as it does at bash's prompt.
 * @implements {IUnicodeVersionProvider}
 */
export class CellWidths {
  version = "sandbox";
  #table = new Uint8Array(END_OF_TABLE).fill(1);

  constructor() {
    this.#table.fill(0, 0, 0x20).fill(0, 0x7f, 0xa0);
    this.#enter(NO_CELL, 0);
    this.#enter(TWO_CELLS, 2);
  }

  /** @param {number} codepoint @returns {Width} */
  wcwidth(codepoint) {
    if (codepoint < END_OF_TABLE) return /** @type {Width} */ (this.#table[codepoint]);
    if (is_in(NO_CELL, codepoint)) return 0;
    return is_in(TWO_CELLS, codepoint) ? 2 : 1;
  }

  /**
   * xterm.js packs it into a number: bit 0 says that the character joins the one before, bits 1 and 2 are the width.
   * @param {number} codepoint @param {number} preceding The same number for the previous character, 0 if there is none.
   */
  charProperties(codepoint, preceding) {
    const width = this.wcwidth(codepoint);
    const width_before = (preceding >> 1) & 3;
    return width === 0 && width_before > 0 ? (width_before << 1) | 1 : width << 1;
  }

  /** @param {number[]} ranges @param {Width} width */
  #enter(ranges, width) {
    for (let index = 0; index < ranges.length; index += 2) this.#table.fill(width, ranges[index], ranges[index + 1] + 1);
  }
}

/** @param {number[]} ranges @param {number} codepoint */
function is_in(ranges, codepoint) {
  for (let index = ranges.length - 2; index >= 0 && ranges[index + 1] >= codepoint; index -= 2) {
    if (ranges[index] <= codepoint) return true;
  }
  return false;
}
