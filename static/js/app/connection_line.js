import { announce } from "./announcer.js";
import { find } from "./dom.js";
import { loss_in_words } from "./refusals.js";
import { connection_in_words } from "./words.js";

/** @import { ConnectionStatus } from "../core/connection.js" */

/** The look of each status: all states of a broken connection look the same. @type {Record<ConnectionStatus["name"], string>} */
const LOOKS = {
  connecting: "broken",
  greeting: "broken",
  lost: "broken",
  refused: "broken",
  waiting: "waiting",
  connected: "good",
  replaced: "away",
  stopped: "away",
};

/**
 * One line about a problem with the connection; empty if there is none. Announces to screen readers that the connection was
 * lost and that it is back. CSS uses `data-link`.
 */
export class ConnectionLine {
  #line = find("connection");
  #was_connected = false;
  #is_broken = false;
  #cause = "";

  /** @param {ConnectionStatus} status */
  show(status) {
    const { dataset } = document.body;
    if (status.name === "connected") this.#was_connected = true;
    if (status.name === "lost" || status.name === "connected") this.#cause = loss_in_words(status);
    dataset.connection = status.name;
    dataset.link = this.#was_connected || LOOKS[status.name] !== "broken" ? LOOKS[status.name] : "starting";
    const text = connection_in_words(status, {
      keeps_input: dataset.state === "running",
      was_connected: this.#was_connected,
      cause: this.#cause,
    });
    if (this.#line.textContent !== text) this.#line.textContent = text;
    if (status.name === "lost" && !this.#is_broken) announce(text);
    if (status.name === "connected" && this.#is_broken) announce("Connected again.");
    if (status.name === "lost" || status.name === "connected") this.#is_broken = status.name === "lost";
  }
}
