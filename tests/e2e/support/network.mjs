import { connect, createServer } from "node:net";

/** A network between browser and server that can be cut, stall, and be restored. */
export class Network {
  #port;
  /** @type {Set<import("node:net").Socket>} */
  #sockets = new Set();
  #is_cut = false;
  #is_dead = false;
  #server = createServer((near) => this.#join(near));

  /** @param {string} address Address of the server. */
  constructor(address) {
    this.#port = Number(new URL(address).port);
  }

  /** @returns {Promise<string>} Address of the server through this network. */
  async open() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (this.#server.address()).port}`;
  }

  /** Resets all connections and refuses new ones. */
  cut() {
    this.#is_cut = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Keeps connections and accepts new ones, but forwards nothing on them, even after restore(). */
  stall() {
    this.#is_dead = true;
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** New connections work again. */
  restore() {
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
