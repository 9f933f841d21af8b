/**
 * Times of keys whose input has not been sent yet. A time is reported after its bytes are sent: input that is dropped before
 * was never typed at a shell.
 */
export class KeyTimes {
  /** Ascending offsets in the input stream. @type {[offset: number, at: number][]} */
  #waiting = [];

  /** The input from `offset` on was typed at time `at`. @param {number} offset @param {number} at */
  add(offset, at) {
    this.#waiting.push([offset, at]);
  }

  /** Removes and returns the times of input that was sent. @param {number} ever_sent @returns {[offset: number, at: number][]} */
  take(ever_sent) {
    const first_kept = this.#waiting.findIndex(([offset]) => offset >= ever_sent);
    return this.#waiting.splice(0, first_kept === -1 ? this.#waiting.length : first_kept);
  }

  /** Unsent input has moved in its stream. @param {number} by */
  move(by) {
    for (const time of this.#waiting) time[0] += by;
  }

  /** Unsent input is dropped. */
  drop() {
    this.#waiting = [];
  }
}
