/**
 * When the input that has not left the page was typed. A time is told once its bytes are on their way: what is dropped
 * before that was never typed at a shell.
 */
export class KeyTimes {
  /** Ascending offsets in the input stream. @type {[offset: number, at: number][]} */
  #waiting = [];

  /** The input from `offset` on was typed at that time. @param {number} offset @param {number} at */
  add(offset, at) {
    this.#waiting.push([offset, at]);
  }

  /** Takes out the times of what has left. @param {number} ever_sent @returns {[offset: number, at: number][]} */
  take(ever_sent) {
    const first_kept = this.#waiting.findIndex(([offset]) => offset >= ever_sent);
    return this.#waiting.splice(0, first_kept === -1 ? this.#waiting.length : first_kept);
  }

  /** What has not left has another place in its stream now. @param {number} by */
  move(by) {
    for (const time of this.#waiting) time[0] += by;
  }

  /** What has not left will not. */
  drop() {
    this.#waiting = [];
  }
}
