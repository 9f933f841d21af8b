import { connect, createServer } from "node:net";

/** A network between a browser and the server that can be cut, and mended again. */
export class Line {
  #port;
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();
  #is_cut = false;
  #server = createServer((near) => this.#join(near));

  /** @param {string} address Of the server behind it. */
  constructor(address) {
    this.#port = Number(new URL(address).port);
  }

  /** @returns {Promise<string>} The address by which the server can be reached through it. */
  async open() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (this.#server.address()).port}`;
  }

  /** Every connection breaks, and no new one comes about. */
  cut() {
    this.#is_cut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend() {
    this.#is_cut = false;
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** @param {import("node:net").Socket} near */
  #join(near) {
    if (this.#is_cut) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.#port, "127.0.0.1");
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.pipe(other);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
