/** @import { ClientMessage, ErrorMessage, ServerMessage } from "./protocol.js" */

/**
 * @typedef {Extract<ClientMessage, {id: number}>} NumberedRequest
 * @typedef {NumberedRequest extends infer R ? R extends NumberedRequest ? Omit<R, "id"> : never : never} ControlRequest
 */

/** Code of a request that was not answered and is not sent again. */
export const ABANDONED = "abandoned";

/** The server refused a control request. */
export class RequestError extends Error {
  /** @param {string} code @param {string} message @param {Partial<ErrorMessage>} [more] What else the server says. */
  constructor(code, message, { reference = "", fields = [], seconds_left = 0 } = {}) {
    super(message);
    this.name = "RequestError";
    this.code = code;
    /** Identifies the failure in the server's log. */
    this.reference = reference;
    /** The answers that are wrong. */
    this.fields = fields;
    /** How much too early the request was. */
    this.seconds_left = seconds_left;
  }
}

/**
 * Pending control requests. Each has a unique id, also across page loads, by which the server recognizes a repetition. So a
 * request is sent again, after a reconnect and after a timeout, until it is answered.
 */
export class Requests {
  #send;
  #timers;
  #repeat_after;
  #random_bytes;
  /** @type {Map<number, {request: NumberedRequest, resolve: (answer: ServerMessage | undefined) => void, reject: (error: Error) => void, timer: unknown}>} */
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
   * @returns {Promise<ServerMessage | undefined>} The answer, even after several reconnects; rejected with a RequestError.
   */
  ask(request) {
    const id = this.#random_bytes(6).reduce((number, byte) => number * 256 + byte, 0);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { request: /** @type {NumberedRequest} */ ({ ...request, id }), resolve, reject, timer: undefined });
      this.#send_once(id);
    });
  }

  /** A new connection is ready: sends all unanswered requests again, in their order. */
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

  /** @param {number | undefined} id @param {ServerMessage} [answer] @returns {boolean} Whether a request with this id was pending. */
  fulfil(id, answer) {
    const waiting = this.#take(id);
    waiting?.resolve(answer);
    return waiting !== undefined;
  }

  /** @param {ErrorMessage} error @returns {boolean} Whether a request with this id was pending. */
  refuse(error) {
    const waiting = this.#take(error.id);
    waiting?.reject(new RequestError(error.code, error.message, error));
    return waiting !== undefined;
  }

  /** No request is sent again: the study continues in another tab, or the server refuses this page. @param {string} reason */
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
