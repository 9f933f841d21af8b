/** Tells how much of a large paste waits, as long as any does, and once that none does any more. */
export class Backlog {
  #input;
  #on_change;
  #has_told = false;

  /** @param {import("./input_stream.js").InputStream} input @param {(backlog: {done: number, total: number} | null) => void} on_change */
  constructor(input, on_change) {
    this.#input = input;
    this.#on_change = on_change;
  }

  tell() {
    const { backlog } = this.#input;
    if (backlog !== null || this.#has_told) this.#on_change(backlog);
    this.#has_told = backlog !== null;
  }
}
