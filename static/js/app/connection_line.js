import { announce } from "./announcer.js";
import { find } from "./dom.js";
import { connection_in_words } from "./words.js";

/** @import { ConnectionStatus } from "../core/connection.js" */
/** @import { Timers } from "../core/timers.js" */

/**
 * One line that says how the connection is, and counts down to the next attempt when there is none. A screen reader is
 * told when it breaks and when it is back, and not of every second.
 */
export class ConnectionLine {
  #timers;
  #line = find("connection");
  /** @type {unknown} */
  #timer = undefined;
  #is_broken = false;

  /** @param {Timers} timers */
  constructor(timers) {
    this.#timers = timers;
  }

  /** @param {ConnectionStatus} status */
  show(status) {
    this.#timers.clear(this.#timer);
    document.body.dataset.connection = status.name;
    const text = connection_in_words(status, this.#timers.now(), document.body.dataset.state === "running");
    if (this.#line.textContent !== text) this.#line.textContent = text;
    if (status.name === "lost" && !this.#is_broken) announce(text);
    if (status.name === "connected" && this.#is_broken) announce(text);
    if (status.name === "lost" || status.name === "connected") this.#is_broken = status.name === "lost";
    if (status.name === "lost") this.#timer = this.#timers.set(() => this.show(status), 500);
  }
}
