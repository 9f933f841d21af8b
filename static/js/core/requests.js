/** @import { ErrorMessage } from "./protocol.js" */

/**
 * @typedef {{type: "start_task" | "reset" | "give_up", task: number}} ControlRequest
 * @typedef {ControlRequest & {id: number}} NumberedRequest
 */

/** Code of what had no answer, and will have none. */
export const ABANDONED = "abandoned";

/** The server's answer to a control request was no. */
export class RequestError extends Error {
  /** @param {string} code @param {string} message @param {string} [reference] By which the server's log has the failure. */
  constructor(code, message, reference = "") {
    super(message);
    this.name = "RequestError";
    this.code = code;
    this.reference = reference;
  }
}

/**
 * Control requests under way. Each carries an id of its own, never used by an earlier page either, by which the server
 * knows a repetition, so it may be sent again, after a new connection and after a while, until it is answered.
 */
export class Requests {
  #send;
  #timers;
  #repeat_after;
  #random_bytes;
  /** @type {Map<number, {request: NumberedRequest, resolve: () => void, reject: (error: Error) => void, timer: unknown}>} */
  #waiting = new Map();

  /**
   * @param {object} options
   * @param {(request: NumberedRequest) => boolean} options.send False when there is no connection to send on.
   * @param {import("./timers.js").Timers} options.timers
   * @param {(length: number) => Uint8Array} options.random_bytes
   * @param {number} [options.repeat_after] In milliseconds.
   */
  constructor({ send, timers, random_bytes, repeat_after = 10_000 }) {
    this.#send = send;
    this.#timers = timers;
    this.#random_bytes = random_bytes;
    this.#repeat_after = repeat_after;
  }

  /**
   * @param {ControlRequest} request
   * @returns {Promise<void>} Fulfilled by the answer, however many connections that takes; rejected with a RequestError.
   */
  ask(request) {
    const id = this.#random_bytes(6).reduce((number, byte) => number * 256 + byte, 0);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { request: { ...request, id }, resolve, reject, timer: undefined });
      this.#send_once(id);
    });
  }

  /** A new connection is ready: everything unanswered goes out again, in the order in which it was asked. */
  send_all() {
    for (const id of this.#waiting.keys()) this.#send_once(id);
  }

  get any_waits() {
    return this.#waiting.size > 0;
  }

  /** Whether a request of this type waits for its answer. @param {ControlRequest["type"]} type */
  is_waiting(type) {
    return [...this.#waiting.values()].some(({ request }) => request.type === type);
  }

  /** @param {number | undefined} id @returns {boolean} Whether that was one of ours. */
  fulfil(id) {
    const waiting = this.#take(id);
    waiting?.resolve();
    return waiting !== undefined;
  }

  /** @param {ErrorMessage} error @returns {boolean} Whether that was one of ours. */
  refuse(error) {
    const waiting = this.#take(error.id);
    waiting?.reject(new RequestError(error.code, error.message, error.reference));
    return waiting !== undefined;
  }

  /** None of them is sent again: the participant has gone on elsewhere, or may not go on. @param {string} reason */
  abandon(reason) {
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(new RequestError(ABANDONED, reason));
  }

  /** @param {number} id */
  #send_once(id) {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#timers.clear(waiting.timer);
    if (this.#send(waiting.request)) waiting.timer = this.#timers.set(() => this.#send_once(id), this.#repeat_after);
  }

  /** @param {number | undefined} id */
  #take(id) {
    if (id === undefined) return undefined;
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#timers.clear(waiting.timer);
    this.#waiting.delete(id);
    return waiting;
  }
}
