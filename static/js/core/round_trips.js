const WINDOW = 30_000;

/** Round-trip times to the worker that owns the session, over the last 30 seconds. */
export class RoundTrips {
  /** @type {{at: number, took: number}[]} */
  #samples = [];
  #reported_at = -WINDOW;

  /**
   * @param {number} now In milliseconds.
   * @param {number} took In milliseconds.
   * @returns {number | null} The median, at most once in 30 seconds; null in between.
   */
  add(now, took) {
    this.#samples = this.#samples.filter(({ at }) => now - at < WINDOW);
    this.#samples.push({ at: now, took });
    if (now - this.#reported_at < WINDOW) return null;
    this.#reported_at = now;
    const sorted = this.#samples.map((sample) => sample.took).sort((one, other) => one - other);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
