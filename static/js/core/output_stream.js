/**
 * Where the page stands in the shell's output: what it has received, what it has drawn, and what it has told the server
 * that it has drawn.
 */
export class OutputStream {
  #batch_bytes;
  #received = 0;
  #rendered = 0;
  #acknowledged = 0;
  #answered = 0;

  /** @param {number} [batch_bytes] An acknowledgement is due at once when this much has been drawn since the last. */
  constructor(batch_bytes = 32 * 1024) {
    this.#batch_bytes = batch_bytes;
  }

  /** End of what has been received without a hole, for `hello`. */
  get received() {
    return this.#received;
  }

  /**
   * @param {number} offset
   * @param {Uint8Array} bytes
   * @returns {{kind: "bytes", bytes: Uint8Array, offset: number} | {kind: "known"} | {kind: "gap", missing: number}}
   *     What of it is new; nothing is taken when there is a hole before it.
   */
  receive(offset, bytes) {
    if (offset > this.#received) return { kind: "gap", missing: offset - this.#received };
    const known = this.#received - offset;
    if (known >= bytes.length) return { kind: "known" };
    const fresh = { kind: /** @type {const} */ ("bytes"), bytes: bytes.subarray(known), offset: this.#received };
    this.#received = offset + bytes.length;
    return fresh;
  }

  /**
   * The same stream on a new connection, or after a hole. The server may not have heard the last acknowledgement, so it
   * is owed again.
   * @param {number} offset Of the next byte that will come.
   * @param {number} answered_offset
   * @returns {boolean} Whether bytes are lost to this page, so that what is on the screen can no longer be relied upon.
   */
  resume(offset, answered_offset) {
    this.#answered = Math.max(this.#answered, answered_offset);
    this.#acknowledged = 0;
    if (offset <= this.#received) return false;
    this.#received = this.#rendered = offset;
    return true;
  }

  /** Another stream. @param {number} offset Of its next byte. @param {number} answered_offset */
  reset(offset, answered_offset) {
    this.#received = this.#rendered = this.#acknowledged = offset;
    this.#answered = answered_offset;
  }

  /**
   * How many of `length` bytes at `offset` are a replay: shown by some page before, which answered what they ask.
   * @param {number} offset
   * @param {number} length
   */
  replayed_part(offset, length) {
    return Math.max(0, Math.min(length, this.#answered - offset));
  }

  /** Everything below `offset` is on the screen. @param {number} offset */
  mark_rendered(offset) {
    this.#rendered = Math.max(this.#rendered, Math.min(offset, this.#received));
  }

  /** Something new is on the screen that the server does not know of. */
  get acknowledgement_is_owed() {
    return this.#rendered > this.#acknowledged;
  }

  /** So much of it that telling the server should not wait. */
  get acknowledgement_is_due() {
    return this.#rendered - this.#acknowledged >= this.#batch_bytes;
  }

  /** @returns {number} The offset to put in an `ack` now. */
  take_acknowledgement() {
    this.#acknowledged = this.#rendered;
    return this.#rendered;
  }
}
