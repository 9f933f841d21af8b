/** Virtual timers that a test advances. */
export class FakeTimers {
  #now = 0;
  #next_id = 1;
  /** @type {Map<number, {at: number, action: () => void}>} */
  #pending = new Map();

  now = () => this.#now;

  /** @param {() => void} action @param {number} delay */
  set = (action, delay) => {
    this.#pending.set(this.#next_id, { at: this.#now + delay, action });
    return this.#next_id++;
  };

  /** @param {unknown} timer */
  clear = (timer) => {
    this.#pending.delete(/** @type {number} */ (timer));
  };

  get pending() {
    return this.#pending.size;
  }

  /** @param {number} milliseconds */
  advance(milliseconds) {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#pending].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at)[0];
      if (due === undefined) break;
      const [id, { at, action }] = due;
      this.#pending.delete(id);
      this.#now = at;
      action();
    }
    this.#now = end;
  }
}

/** Runs the continuations of fulfilled promises. */
export async function settle() {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
