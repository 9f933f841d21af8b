/** @import { ConnectionStatus } from "../core/connection.js" */

/** @param {number} count @param {string} unit */
function counted(count, unit) {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** @param {number} seconds @returns {string} "1 minute", "90 seconds", "2 minutes and 5 seconds". */
export function duration_in_words(seconds) {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  if (minutes === 0) return counted(rest, "second");
  return rest === 0 ? counted(minutes, "minute") : `${counted(minutes, "minute")} and ${counted(rest, "second")}`;
}

/** @param {number} seconds @returns {string} "1:05"; a second that has begun counts. */
export function clock_text(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(whole / 3600);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const minutes = Math.floor((whole % 3600) / 60);
  return hours === 0 ? `${minutes}:${two(whole % 60)}` : `${hours}:${two(minutes)}:${two(whole % 60)}`;
}

/**
 * @param {ConnectionStatus} status
 * @param {number} now On the same clock.
 * @param {boolean} keeps_input Whether what is typed meanwhile reaches the shell later.
 * @returns {string}
 */
export function connection_in_words(status, now, keeps_input) {
  switch (status.name) {
    case "connecting":
    case "greeting":
      return status.attempt <= 1 ? "Connecting…" : `Connection lost. Connecting again (attempt ${status.attempt})…`;
    case "connected":
      return "Connected";
    case "lost": {
      const wait = Math.max(1, Math.ceil((status.retry_at - now) / 1000));
      return `Connection lost. Attempt ${status.attempt + 1} in ${counted(wait, "second")}.${keeps_input ? " What you type is kept." : ""}`;
    }
    case "replaced":
      return "Opened elsewhere";
    case "refused":
      return "The server does not accept the access code any more";
    case "stopped":
      return "Not connected";
  }
}

/**
 * @param {{matched: number, missing: number, extra: number, incorrect: number}} counts Of a check.
 * @returns {string}
 */
export function progress_in_words({ matched, missing, extra, incorrect }) {
  const parts = [`${matched} as wanted`];
  if (incorrect > 0) parts.push(`${incorrect} not as wanted`);
  if (missing > 0) parts.push(`${missing} missing`);
  if (extra > 0) parts.push(`${extra} too many`);
  return `Last check: ${parts.join(", ")}.`;
}
