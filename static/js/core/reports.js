/** @import { ClientMessage, Observation } from "./protocol.js" */
/** @import { Timers } from "./timers.js" */

/** In milliseconds. Reports are collected for this long and sent together. */
const SEND_AFTER = 250;
/** Frames sent at once; well below the server's limit for a second. */
const FRAMES_AT_ONCE = 10;
const TIMES_IN_A_FRAME = 256;
/** Frames kept while the connection is down; beyond that the oldest are dropped. */
const MAX_KEPT = 1000;

/**
 * Sends what the record has besides the bytes: the times of keys, and observations. The server answers none of it. What cannot
 * be sent is kept until the connection is back.
 */
export class Reports {
  #send;
  #timers;
  /** @type {(Extract<ClientMessage, {type: "input_times" | "observation"}>)[]} */
  #queue = [];
  /** @type {unknown} */
  #timer = undefined;

  /**
   * @param {object} options
   * @param {(frame: ClientMessage) => boolean} options.send Returns false if there is no connection.
   * @param {Timers} options.timers
   */
  constructor({ send, timers }) {
    this.#send = send;
    this.#timers = timers;
  }

  /** The input from `offset` on was sent; it was typed at time `at`. @param {string} stream @param {number} offset @param {number} at */
  typed(stream, offset, at) {
    const last = this.#queue.at(-1);
    if (last?.type === "input_times" && last.stream === stream && fits(last.times, offset)) last.times.push([offset, at]);
    else this.#add({ type: "input_times", stream, times: [[offset, at]] });
    this.#send_later();
  }

  /** @param {Observation} observation */
  observe(observation) {
    this.#add({ type: "observation", ...observation });
    this.#send_later();
  }

  /**
   * Unsent input has moved in its stream. If it moved back, the server never got the input that was sent from there on.
   * @param {string} stream @param {number} from Its old offset. @param {number} by
   */
  move(stream, from, by) {
    for (const frame of this.#queue) {
      if (!("stream" in frame) || frame.stream !== stream) continue;
      if (frame.type === "input_times") frame.times = frame.times.filter(([offset]) => offset < from + by);
      else if (frame.input_offset >= from) frame.input_offset += by;
    }
    this.#queue = this.#queue.filter((frame) => frame.type !== "input_times" || frame.times.length > 0);
  }

  /** The connection is back. */
  wake() {
    if (this.#queue.length > 0) this.#send_later();
  }

  /** Sends the collected reports: as many as may go at once, and the rest soon after. */
  flush() {
    this.#timers.clear(this.#timer);
    this.#timer = undefined;
    for (let count = 0; count < FRAMES_AT_ONCE && this.#queue.length > 0; count++) {
      if (!this.#send(this.#queue[0])) return;
      this.#queue.shift();
    }
    if (this.#queue.length > 0) this.#send_later();
  }

  /** @param {Extract<ClientMessage, {type: "input_times" | "observation"}>} frame */
  #add(frame) {
    this.#queue.push(frame);
    if (this.#queue.length > MAX_KEPT) this.#queue.shift();
  }

  #send_later() {
    this.#timer ??= this.#timers.set(() => this.flush(), SEND_AFTER);
  }
}

/** Offsets in a frame ascend. @param {[number, number][]} times @param {number} offset */
function fits(times, offset) {
  return times.length < TIMES_IN_A_FRAME && times[times.length - 1][0] < offset;
}
