/**
 * Time, handed in, so that tests need not wait for it.
 * @typedef {object} Timers
 * @property {() => number} now Milliseconds that only grow.
 * @property {(action: () => void, delay: number) => unknown} set
 * @property {(timer: unknown) => void} clear Of a timer that has fired, or of undefined: nothing.
 */

/** @type {Timers} */
export const system_timers = {
  now: () => performance.now(),
  set: (action, delay) => setTimeout(action, delay),
  clear: (timer) => clearTimeout(/** @type {ReturnType<typeof setTimeout> | undefined} */ (timer)),
};

/** From here on the fine clock has stood still, as it may while the machine sleeps, or the other was set. */
const NOTABLE_DIFFERENCE = 50;

/**
 * @param {() => number} fine_clock In milliseconds, with fractions, from any moment.
 * @param {() => number} coarse_clock In whole milliseconds since 1970.
 * @returns {() => number} Milliseconds since 1970, with fractions.
 */
export function make_wall_clock(fine_clock, coarse_clock) {
  let origin = coarse_clock() - fine_clock();
  return () => {
    const now = coarse_clock() - fine_clock();
    if (Math.abs(now - origin) > NOTABLE_DIFFERENCE) origin = now;
    return origin + fine_clock();
  };
}
