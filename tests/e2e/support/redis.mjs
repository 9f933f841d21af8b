import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

import { WAIT_TIMEOUT } from "./browser.mjs";

const PASSWORD = "of-the-tests";

/** A Redis server for one test, without persistence. */
export class Redis {
  /** A free port at the first start, the same port at the next. */
  port = 0;
  /** @type {import("node:child_process").ChildProcess | null} */
  #process = null;

  get url() {
    return `redis://:${PASSWORD}@127.0.0.1:${this.port}`;
  }

  /** Returns when it answers. */
  async start() {
    if (this.port === 0) this.port = await find_free_port();
    const child = spawn("redis-server", ["--port", String(this.port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "", "--appendonly", "no"], {
      stdio: "ignore",
    });
    this.#process = child;
    const ended = once(child, "exit").then(() => Promise.reject(new Error("redis-server ended at its start")));
    ended.catch(() => {});
    const end = Date.now() + WAIT_TIMEOUT;
    while (!(await Promise.race([this.#answers(), ended]))) {
      if (Date.now() > end) throw new Error(`redis-server does not answer after ${WAIT_TIMEOUT} ms`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Kills it like a crash: all data is lost. Idempotent. */
  async kill() {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** @returns {Promise<boolean>} */
  #answers() {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write(`AUTH ${PASSWORD}\r\n`));
      const say = (/** @type {boolean} */ it_does) => {
        socket.destroy();
        resolve(it_does);
      };
      socket.on("data", (answer) => say(answer.toString().startsWith("+OK")));
      socket.on("error", () => say(false));
    });
  }
}

/** @returns {Promise<number>} */
async function find_free_port() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}
