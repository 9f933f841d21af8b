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

/** Seconds left from which on time is short, however long the task. */
const SHORT_SECONDS = 30;

/**
 * Time gets short in two steps: a quarter of it, and 30 seconds; whichever comes first.
 * @param {number} left In seconds. @param {number} duration Of the whole task, in seconds.
 * @returns {{level: "enough" | "soon" | "last", words: string}}
 */
export function clock_warning(left, duration) {
  const steps = [{ below: duration / 4, words: "Less than a quarter of the time left" }];
  if (duration > SHORT_SECONDS) steps.push({ below: SHORT_SECONDS, words: `Less than ${SHORT_SECONDS} seconds left` });
  steps.sort((one, other) => other.below - one.below);
  const passed = steps.filter(({ below }) => left <= below);
  if (left <= 0 || passed.length === 0) return { level: left <= 0 ? "last" : "enough", words: "" };
  return { level: passed.length === steps.length ? "last" : "soon", words: passed[passed.length - 1].words };
}

/**
 * What has gone wrong on our side with a running task and lasts.
 * @param {{clock_stands?: boolean, terminal_replaced?: boolean} | null} task
 * @returns {string} Empty where all is well.
 */
export function trouble_in_words(task) {
  if (task?.clock_stands) return "Something went wrong on our side, not on yours: there is no terminal for you just now. We keep trying, and your time stands still.";
  if (task?.terminal_replaced) return "Your terminal had to be made anew. That was our fault: the files are as they were at the beginning of this task.";
  return "";
}

/** What only the server can be blamed for. */
const FAULTS_OF_OURS = ["sandbox_unavailable", "busy", "internal"];

/**
 * @param {unknown} error Of a request: a RequestError, mostly.
 * @param {string} consequence A sentence: what did not happen.
 * @returns {{heading: string, sentence: string}}
 */
export function failure_in_words(error, consequence) {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (!FAULTS_OF_OURS.includes(code)) return { heading: "That did not work.", sentence: `${consequence} (${message})` };
  return {
    heading: "Something went wrong on our side, not on yours.",
    sentence: `${consequence} Please try again. If it goes on like this, tell the people who run this study: “${message}”.`,
  };
}

/** What a check says of a name or a line. @type {Record<string, string>} */
export const STATUS_WORDS = { matched: "right", extra: "extra", incorrect: "wrong" };

/** @param {string} attribute In which a file is not as wanted. */
export function difference_in_words(attribute) {
  return attribute === "modified_at" ? "time" : attribute;
}

/**
 * @param {{matched: number, missing: number, extra: number, incorrect: number}} counts Of a check.
 * @returns {string}
 */
export function progress_in_words({ matched, missing, extra, incorrect }) {
  const parts = [`${matched} right`];
  if (incorrect > 0) parts.push(`${incorrect} wrong`);
  if (extra > 0) parts.push(`${extra} extra`);
  if (missing > 0) parts.push(`${missing} missing`);
  return parts.join(", ");
}
