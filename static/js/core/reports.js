/** @import { ClientMessage, Observation } from "./protocol.js" */
/** @import { Timers } from "./timers.js" */

/** What is said is gathered for this long, in milliseconds. */
const SEND_AFTER = 250;
/** Frames that leave together, which keeps well below what the server takes in a second. */
const FRAMES_AT_ONCE = 10;
const TIMES_IN_A_FRAME = 256;
/** Kept while there is no connection; then the oldest go. */
const MOST_KEPT = 1000;

/**
 * What the record of the study needs to know besides the bytes: when keys were pressed, and what else the person did.
 * Nothing of it is answered. What cannot be sent is kept until there is a connection again.
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
   * @param {(frame: ClientMessage) => boolean} options.send False when there is no connection to send on.
   * @param {Timers} options.timers
   */
  constructor({ send, timers }) {
    this.#send = send;
    this.#timers = timers;
  }

  /** The input from `offset` on, which has left, was typed at that time. @param {string} stream @param {number} offset @param {number} at */
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
   * Input that has not left the page has another place in its stream now. Where that is further back, what had left from
   * there on has come to nobody.
   * @param {string} stream @param {number} from Where it was. @param {number} by
   */
  move(stream, from, by) {
    for (const frame of this.#queue) {
      if (!("stream" in frame) || frame.stream !== stream) continue;
      if (frame.type === "input_times") frame.times = frame.times.filter(([offset]) => offset < from + by);
      else if (frame.input_offset >= from) frame.input_offset += by;
    }
    this.#queue = this.#queue.filter((frame) => frame.type !== "input_times" || frame.times.length > 0);
  }

  /** There is a connection again. */
  wake() {
    if (this.#queue.length > 0) this.#send_later();
  }

  /** Sends what there is, as much as may go at once, and the rest soon after. */
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
    if (this.#queue.length > MOST_KEPT) this.#queue.shift();
  }

  #send_later() {
    this.#timer ??= this.#timers.set(() => this.flush(), SEND_AFTER);
  }
}

/** Offsets in a frame ascend. @param {[number, number][]} times @param {number} offset */
function fits(times, offset) {
  return times.length < TIMES_IN_A_FRAME && times[times.length - 1][0] < offset;
}
