/**
 * The clock and the timers, passed in so that tests can use virtual time.
 * @typedef {object} Timers
 * @property {() => number} now Milliseconds, monotonic.
 * @property {(action: () => void, delay: number) => unknown} set
 * @property {(timer: unknown) => void} clear Does nothing for undefined or a timer that has fired.
 */

/** @type {Timers} */
export const system_timers = {
  now: () => performance.now(),
  set: (action, delay) => setTimeout(action, delay),
  clear: (timer) => clearTimeout(/** @type {ReturnType<typeof setTimeout> | undefined} */ (timer)),
};

/** In milliseconds. With a larger difference the fine clock has stopped, as during sleep, or the coarse clock was set. */
const MAX_CLOCK_DIFFERENCE = 50;

/**
 * @param {() => number} fine_clock In milliseconds, with fractions; any origin.
 * @param {() => number} coarse_clock In whole milliseconds since 1970.
 * @returns {() => number} Milliseconds since 1970, with fractions.
 */
export function make_wall_clock(fine_clock, coarse_clock) {
  let origin = coarse_clock() - fine_clock();
  return () => {
    const now = coarse_clock() - fine_clock();
    if (Math.abs(now - origin) > MAX_CLOCK_DIFFERENCE) origin = now;
    return origin + fine_clock();
  };
}
