/** @typedef {{stream: string, input_offset: number, bytes: number}} Paste `bytes` of `stream`, from `input_offset` on. */

/** Pastes whose input has not all left the page, so that one that is stopped can be told as it was. */
export class Pastes {
  /** `end`: of its input, which is further on than its length says where its rest has been moved. @type {(Paste & {end: number})[]} */
  #waiting = [];

  /** @param {Paste} paste @param {number} ever_sent End of what of its stream has left the page. */
  add(paste, ever_sent) {
    this.#waiting = this.#waiting.filter(({ end }) => end > ever_sent);
    this.#waiting.push({ ...paste, end: paste.input_offset + paste.bytes });
  }

  /** Input that has not left the page has another place now. @param {number} from Where it was. @param {number} by */
  move(from, by) {
    for (const paste of this.#waiting) {
      if (paste.end > from) paste.end += by;
      if (paste.input_offset >= from) paste.input_offset += by;
    }
  }

  /** What has not left will not. @param {number} ever_sent @returns {Paste[]} What was cut short, with the bytes that have left. */
  stop(ever_sent) {
    return this.#waiting
      .splice(0)
      .filter(({ end }) => end > ever_sent)
      .map(({ end, bytes, ...place }) => ({ ...place, bytes: Math.max(0, bytes - (end - ever_sent)) }));
  }
}
