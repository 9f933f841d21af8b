import { INPUT_WINDOW_BYTES, MAX_FRAME_BYTES } from "./protocol.js";

/** So many bytes are soon there, over any line. */
const LITTLE = 8 * 1024;

/**
 * What the participant typed, kept until the server has acknowledged it, so that a broken connection loses none of it
 * and doubles none of it. Hands out frames in order, never more than the window ahead of the acknowledgements.
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
  /** Where more began to wait than the window takes. @type {number | null} */
  #backlog_from = null;

  /** @param {number} [window] In bytes. */
  constructor(window = INPUT_WINDOW_BYTES) {
    this.#window = window;
  }

  /** End of what was typed. */
  get end() {
    return this.#end;
  }

  /** End of what was ever put on a connection, for `hello`. */
  get ever_sent() {
    return this.#ever_sent;
  }

  get acknowledged() {
    return this.#acknowledged;
  }

  /** Whether anything that was typed has no acknowledgement. */
  get owes_any() {
    return this.#end > this.#acknowledged;
  }

  /** Whether a little is on its way without an acknowledgement. Much may be on it for long, over a slow line. */
  get owes_little() {
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
   * How far a large paste has come, in bytes; null when no more waits than what is usual.
   * @returns {{done: number, total: number} | null}
   */
  get backlog() {
    if (this.#backlog_from === null) return null;
    return { done: this.#acknowledged - this.#backlog_from, total: this.#end - this.#backlog_from };
  }

  /** Forgets what has never left this page. */
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
   * The next frame, or null when everything has been handed out or the window is full. Small pieces are put together.
   * @param {number} [until] Nothing from this offset on.
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

  /** The server has everything below `offset`, for good. @param {number} offset */
  acknowledge(offset) {
    this.#drop_below(Math.min(offset, this.#ever_sent));
    this.#next = Math.max(this.#next, this.#acknowledged);
  }

  /**
   * A new connection: the server wants this same stream from `offset`. What it has is dropped, what was on its way is
   * sent again. Bytes that never left this page move to where the stream now goes on, when another page or a new owner
   * of the session has carried it further.
   * @param {number} offset
   * @returns {number} How far the bytes that never left have moved.
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

  /** Another stream: nothing of the old one is meant for it. @param {number} offset Where it goes on. */
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
