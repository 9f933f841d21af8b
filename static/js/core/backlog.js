/** Reports the progress of a large paste while it lasts, and once when it has ended. */
export class Backlog {
  #input;
  #on_change;
  #has_reported = false;

  /** @param {import("./input_stream.js").InputStream} input @param {(backlog: {done: number, total: number} | null) => void} on_change */
  constructor(input, on_change) {
    this.#input = input;
    this.#on_change = on_change;
  }

  report() {
    const { backlog } = this.#input;
    if (backlog !== null || this.#has_reported) this.#on_change(backlog);
    this.#has_reported = backlog !== null;
  }
}
