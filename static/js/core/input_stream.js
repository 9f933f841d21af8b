import { INPUT_WINDOW_BYTES, MAX_FRAME_BYTES } from "./protocol.js";

/** In bytes. Even a slow connection delivers this much input soon. */
const LITTLE = 8 * 1024;

/**
 * The participant's input, kept until the server has acknowledged it, so that a broken connection loses and repeats nothing.
 * Hands out frames in order, at most one window ahead of the acknowledgements.
 *
 * Offsets, always in this order: acknowledged <= next to send <= end, and next to send <= ever sent <= end.
 */
export class InputStream {
  #window;
  /** Everything from `#acknowledged` to `end`. @type {Uint8Array[]} */
  #kept = [];
  #acknowledged = 0;
  #next = 0;
  #ever_sent = 0;
  #end = 0;
  /** Acknowledged offset at which more input began to wait than fits into the window. @type {number | null} */
  #backlog_from = null;

  /** @param {number} [window] In bytes. */
  constructor(window = INPUT_WINDOW_BYTES) {
    this.#window = window;
  }

  /** End of the input. */
  get end() {
    return this.#end;
  }

  /** End of the input that was ever sent, for `hello`. */
  get ever_sent() {
    return this.#ever_sent;
  }

  get acknowledged() {
    return this.#acknowledged;
  }

  /** Whether any input is unacknowledged. */
  get has_unacknowledged() {
    return this.#end > this.#acknowledged;
  }

  /** Whether a small amount of sent input is unacknowledged. A large amount may take long over a slow connection. */
  get has_little_unacknowledged() {
    const on_its_way = this.#ever_sent - this.#acknowledged;
    return on_its_way > 0 && on_its_way <= LITTLE;
  }

  /** @param {Uint8Array} bytes */
  write(bytes) {
    if (bytes.length === 0) return;
    this.#kept.push(bytes);
    this.#end += bytes.length;
    if (this.#end - this.#acknowledged > this.#window) this.#backlog_from ??= this.#acknowledged;
  }

  /**
   * Progress of a large paste, in bytes; null if the input fits into the window.
   * @returns {{done: number, total: number} | null}
   */
  get backlog() {
    if (this.#backlog_from === null) return null;
    return { done: this.#acknowledged - this.#backlog_from, total: this.#end - this.#backlog_from };
  }

  /** Drops the input that was never sent. */
  drop_unsent() {
    while (this.#end > this.#ever_sent) {
      const last = this.#kept[this.#kept.length - 1];
      const surplus = Math.min(last.length, this.#end - this.#ever_sent);
      if (surplus === last.length) this.#kept.pop();
      else this.#kept[this.#kept.length - 1] = last.subarray(0, last.length - surplus);
      this.#end -= surplus;
    }
  }

  /**
   * The next frame, or null if everything was handed out or the window is full. Small pieces are joined.
   * @param {number} [until] Offset at which to stop.
   * @returns {{offset: number, bytes: Uint8Array} | null}
   */
  take(until = this.#end) {
    const room = this.#window - (this.#next - this.#acknowledged);
    const length = Math.min(until - this.#next, room, MAX_FRAME_BYTES);
    if (length <= 0) return null;
    const frame = { offset: this.#next, bytes: this.#copy(this.#next, length) };
    this.#next += length;
    this.#ever_sent = Math.max(this.#ever_sent, this.#next);
    return frame;
  }

  /** The server has recorded everything below `offset`. @param {number} offset */
  acknowledge(offset) {
    this.#drop_below(Math.min(offset, this.#ever_sent));
    this.#next = Math.max(this.#next, this.#acknowledged);
  }

  /**
   * A new connection: the server expects this stream from `offset`. Input that the server has is dropped, and sent input that
   * it does not have is sent again. Input that was never sent moves if the stream has advanced: another page or a new owner
   * of the session has continued it.
   * @param {number} offset
   * @returns {number} By how much the unsent input has moved.
   */
  resume(offset) {
    const end_of_sent = this.#ever_sent;
    if (offset < this.#acknowledged || offset > end_of_sent) {
      this.#drop_below(end_of_sent);
      this.#move_to(offset);
      return offset - end_of_sent;
    }
    this.#drop_below(offset);
    this.#next = offset;
    return 0;
  }

  /** Starts another stream; all input of the old one is dropped. @param {number} offset Of its next byte. */
  reset(offset) {
    this.#kept = [];
    this.#move_to(offset);
  }

  /** @param {number} offset */
  #move_to(offset) {
    const length = this.#kept.reduce((sum, piece) => sum + piece.length, 0);
    this.#acknowledged = this.#next = this.#ever_sent = offset;
    this.#end = offset + length;
    this.#backlog_from = length > this.#window ? offset : null;
  }

  /** @param {number} offset */
  #drop_below(offset) {
    while (this.#acknowledged < offset) {
      const first = this.#kept[0];
      const length = Math.min(first.length, offset - this.#acknowledged);
      if (length === first.length) this.#kept.shift();
      else this.#kept[0] = first.subarray(length);
      this.#acknowledged += length;
    }
    if (this.#acknowledged === this.#end) this.#backlog_from = null;
  }

  /** @param {number} offset @param {number} length */
  #copy(offset, length) {
    const bytes = new Uint8Array(length);
    let start = this.#acknowledged;
    for (const piece of this.#kept) {
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + piece.length);
      if (from < to) bytes.set(piece.subarray(from - start, to - start), from - offset);
      start += piece.length;
      if (start >= offset + length) break;
    }
    return bytes;
  }
}
