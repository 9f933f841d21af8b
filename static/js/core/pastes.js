/** @typedef {{stream: string, input_offset: number, bytes: number}} Paste `bytes` of `stream`, from `input_offset` on. */

/** Pastes of which some input has not been sent yet. If one is stopped, the record says how much of it was sent. */
export class Pastes {
  /** `end` of its input. It is beyond `input_offset + bytes` if the unsent rest was moved. @type {(Paste & {end: number})[]} */
  #waiting = [];

  /** @param {Paste} paste @param {number} ever_sent End of the input of its stream that was ever sent. */
  add(paste, ever_sent) {
    this.#waiting = this.#waiting.filter(({ end }) => end > ever_sent);
    this.#waiting.push({ ...paste, end: paste.input_offset + paste.bytes });
  }

  /** Unsent input has moved in its stream. @param {number} from Its old offset. @param {number} by */
  move(from, by) {
    for (const paste of this.#waiting) {
      if (paste.end > from) paste.end += by;
      if (paste.input_offset >= from) paste.input_offset += by;
    }
  }

  /** Unsent input is dropped. @param {number} ever_sent @returns {Paste[]} The pastes that were cut short, with the number of bytes sent. */
  stop(ever_sent) {
    return this.#waiting
      .splice(0)
      .filter(({ end }) => end > ever_sent)
      .map(({ end, bytes, ...place }) => ({ ...place, bytes: Math.max(0, bytes - (end - ever_sent)) }));
  }
}
