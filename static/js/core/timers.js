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
