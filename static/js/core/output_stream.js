/**
 * The page's offsets in the shell's output: received, drawn, and acknowledged as drawn.
 */
export class OutputStream {
  #batch_bytes;
  #received = 0;
  #rendered = 0;
  #acknowledged = 0;
  #answered = 0;

  /** @param {number} [batch_bytes] How many bytes may be drawn before an acknowledgement is due at once. */
  constructor(batch_bytes = 32 * 1024) {
    this.#batch_bytes = batch_bytes;
  }

  /** End of the output received without a gap, for `hello`. */
  get received() {
    return this.#received;
  }

  /**
   * @param {number} offset
   * @param {Uint8Array} bytes
   * @returns {{kind: "bytes", bytes: Uint8Array, offset: number} | {kind: "known"} | {kind: "gap", missing: number}}
   *     The new part of the bytes. `gap`: bytes before it are missing, and it is not taken.
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
   * The same stream on a new connection, or after a gap. The last acknowledgement may be lost, so it is due again.
   * @param {number} offset Of the next byte that the server sends.
   * @param {number} answered_offset
   * @returns {boolean} Whether bytes were skipped, so that the screen is no longer valid.
   */
  resume(offset, answered_offset) {
    this.#answered = Math.max(this.#answered, answered_offset);
    this.#acknowledged = 0;
    if (offset <= this.#received) return false;
    this.#received = this.#rendered = offset;
    return true;
  }

  /** Starts another stream. @param {number} offset Of its next byte. @param {number} answered_offset */
  reset(offset, answered_offset) {
    this.#received = this.#rendered = this.#acknowledged = offset;
    this.#answered = answered_offset;
  }

  /**
   * How many of the `length` bytes at `offset` are a replay: a page has drawn them before and answered their queries.
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

  /** Output has been drawn that is not acknowledged yet. */
  get acknowledgement_is_owed() {
    return this.#rendered > this.#acknowledged;
  }

  /** Whether `batch_bytes` are unacknowledged, so that the acknowledgement is due at once. */
  get acknowledgement_is_due() {
    return this.#rendered - this.#acknowledged >= this.#batch_bytes;
  }

  /** @returns {number} The offset to put in an `ack` now. */
  take_acknowledgement() {
    this.#acknowledged = this.#rendered;
    return this.#rendered;
  }
}
