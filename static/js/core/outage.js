/** @import { ConnectionStatus } from "./connection.js" */

/** Measures how long the connection is down, and keeps the reason. */
export class Outage {
  /** @type {{at: number, reason: string} | null} */
  #since = null;

  /**
   * @param {ConnectionStatus} status
   * @param {number} now In milliseconds.
   * @returns {{kind: "disconnected", reason: string, milliseconds: number} | null} Once, when the connection is back.
   */
  update(status, now) {
    if (status.name === "lost" || status.name === "replaced") this.#since ??= { at: now, reason: status.reason };
    if (status.name !== "connected" || this.#since === null) return null;
    const { at, reason } = this.#since;
    this.#since = null;
    return { kind: "disconnected", reason, milliseconds: Math.max(0, Math.round(now - at)) };
  }
}
