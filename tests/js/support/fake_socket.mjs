import { decode_frame } from "../../../static/js/core/protocol.js";

/** A WebSocket with the test as its other end. */
export class FakeSocket extends EventTarget {
  binaryType = "blob";
  readyState = 0;
  /** Everything sent, as objects: messages, and `{offset, text}` for binary frames. @type {any[]} */
  sent = [];

  /** @param {string} url @param {string} protocol */
  constructor(url, protocol) {
    super();
    this.url = url;
    this.protocol = protocol;
  }

  /** @param {string | Uint8Array<ArrayBuffer>} frame */
  send(frame) {
    if (typeof frame === "string") {
      this.sent.push(JSON.parse(frame));
    } else {
      const { offset, bytes } = decode_frame(frame.buffer);
      this.sent.push({ offset, text: new TextDecoder("latin1").decode(bytes) });
    }
  }

  /** Removes and returns what was sent since the last call. @returns {any[]} */
  take() {
    return this.sent.splice(0);
  }

  close() {
    this.readyState = 2;
  }

  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }

  /** @param {object | ArrayBuffer | string} frame */
  say(frame) {
    const data = frame instanceof ArrayBuffer || typeof frame === "string" ? frame : JSON.stringify(frame);
    this.dispatchEvent(Object.assign(new Event("message"), { data }));
  }

  /** @param {number} [code] */
  break(code = 1006) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

/** Opens FakeSockets and keeps them. */
export class FakeSockets {
  /** @type {FakeSocket[]} */
  all = [];

  /** @param {string} url @param {string} protocol @returns {WebSocket} */
  open = (url, protocol) => {
    const socket = new FakeSocket(url, protocol);
    this.all.push(socket);
    return /** @type {WebSocket} */ (/** @type {unknown} */ (socket));
  };

  get last() {
    return this.all[this.all.length - 1];
  }
}
