import { connect, createServer } from "node:net";

/** A network between a browser and the server that can be cut, or go dead, and be mended again. */
export class Line {
  #port;
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();
  #is_cut = false;
  #is_dead = false;
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

  /** Every connection stays, new ones come about, and nothing passes: on none of these ever again. */
  stall() {
    this.#is_dead = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Connections that come about from now on are good. */
  mend() {
    this.#is_cut = this.#is_dead = false;
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
    if (this.#is_dead) {
      this.#sockets.add(near);
      near.on("error", () => {});
      near.on("close", () => this.#sockets.delete(near));
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
