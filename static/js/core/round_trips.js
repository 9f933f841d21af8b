const WINDOW = 30_000;

/** How long the way to the owner of the session and back takes, over the last 30 seconds. */
export class RoundTrips {
  /** @type {{at: number, took: number}[]} */
  #samples = [];
  #told_at = -WINDOW;

  /**
   * @param {number} now In milliseconds.
   * @param {number} took In milliseconds.
   * @returns {number | null} The median, when it is time to tell it: at most every 30 seconds.
   */
  add(now, took) {
    this.#samples = this.#samples.filter(({ at }) => now - at < WINDOW);
    this.#samples.push({ at: now, took });
    if (now - this.#told_at < WINDOW) return null;
    this.#told_at = now;
    const sorted = this.#samples.map((sample) => sample.took).sort((one, other) => one - other);
    const middle = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
