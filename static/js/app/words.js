/** @import { ConnectionStatus } from "../core/connection.js" */
/** @import { StudyState, TaskState } from "../core/protocol.js" */

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
 * One sentence about the connection. It does not change while the page retries; empty while the connection works.
 * @param {ConnectionStatus} status
 * @param {{keeps_input: boolean, was_connected: boolean, cause: string}} more `keeps_input`: input is sent to the shell
 *     later. `was_connected`: there was a connection before. `cause`: a specific sentence, or empty.
 * @returns {string}
 */
export function connection_in_words(status, { keeps_input, was_connected, cause }) {
  const kept = keeps_input ? " What you type is kept." : "";
  switch (status.name) {
    case "connecting":
    case "greeting":
    case "lost":
      if (cause !== "") return cause + kept;
      return was_connected ? `Connection lost. Reconnecting…${kept}` : "Connecting…";
    case "waiting":
      return `Waiting for the server…${kept}`;
    case "connected":
      return "";
    case "replaced":
      return "Open in another tab";
    case "refused":
      return "The server no longer accepts this page";
    case "stopped":
      return "Not connected";
  }
}

/** In seconds. When this much is left, time is short in a task of any length. */
const SHORT_SECONDS = 30;

/**
 * Time gets short in two steps: at a quarter of it and at 30 seconds, whichever comes first.
 * @param {number} left In seconds. @param {number} duration Of the whole task, in seconds.
 * @returns {"enough" | "soon" | "last"}
 */
export function clock_level(left, duration) {
  const steps = duration > SHORT_SECONDS ? [duration / 4, SHORT_SECONDS] : [duration / 4];
  const passed = steps.filter((below) => left <= below).length;
  if (left <= 0 || passed === steps.length) return "last";
  return passed === 0 ? "enough" : "soon";
}

/** @param {number} seconds @returns {string} "15 seconds left"; a second that has begun counts. */
export function time_left_in_words(seconds) {
  return `${duration_in_words(Math.max(0, Math.ceil(seconds)))} left`;
}

/**
 * The current problem on our side with a running task.
 * @param {{clock_stands?: boolean, terminal_replaced?: boolean} | null} task
 * @param {boolean} [is_input_dropped] Input for the old terminal was discarded.
 * @returns {string} Empty if there is none.
 */
export function trouble_in_words(task, is_input_dropped = false) {
  if (task?.clock_stands) return "Your terminal is temporarily unavailable because of a problem on our side. Your clock is paused.";
  if (task?.terminal_replaced) {
    const dropped = is_input_dropped ? " What you typed in the meantime was discarded." : "";
    return `We had to restart your terminal because of a problem on our side. Your files are as they were at the start of this task.${dropped}`;
  }
  return "";
}

/** Codes of errors that only the server can cause. */
const OUR_FAULTS = ["sandbox_unavailable", "busy", "internal"];

/**
 * @param {unknown} error Of a request, usually a RequestError.
 * @param {{heading: string, sentence?: string}} failed What failed, and what that means for the participant.
 * @param {string} contact Whom to ask; may be empty.
 * @returns {{heading: string, sentence: string}}
 */
export function failure_in_words(error, { heading, sentence = "" }, contact) {
  const message = error instanceof Error ? error.message : String(error);
  const { code = "", reference = "" } = /** @type {{code?: string, reference?: string}} */ (error instanceof Error ? error : {});
  const begin = sentence === "" ? "" : `${sentence} `;
  if (!OUR_FAULTS.includes(code)) return { heading, sentence: `${begin}The server says: ${message}` };
  const quoted = reference === "" ? "" : ` (reference ${reference})`;
  return { heading, sentence: `${begin}Try again. If it keeps failing, ${contact_in_words(contact)}${quoted}.` };
}

/** Where in the study the participant is. @param {StudyState} state @returns {string} */
export function position_in_words({ state, step, task }) {
  if (state === "step" && step !== undefined) return step.number === 0 ? "" : `Step ${step.number} of ${step.total}`;
  return task === null ? "The end" : `${task_in_words(task)} of ${task.total}`;
}

/** @param {{number: number, practice?: boolean}} task @returns {string} */
export function task_in_words({ number, practice }) {
  return `${practice ? "Practice task" : "Task"} ${number}`;
}

/** @param {TaskState | null} task @returns {string} Empty if no clock is shared with other tasks. */
export function block_in_words(task) {
  const block = task?.block;
  return block ? `Task ${block.number} of ${block.total} in this block` : "";
}

/** @param {TaskState | null} task @returns {string} Empty if there is only one try. */
export function try_in_words(task) {
  const { number, of } = task?.try ?? { number: 1, of: 1 };
  return of > 1 ? `Try ${number} of ${of}` : "";
}

/** How long a task may take, before it starts. @param {TaskState} task @returns {string} */
export function limit_in_words({ duration_in_seconds: duration, block }) {
  const begin = "The clock starts when your terminal appears.";
  const rest = block?.time_left_in_seconds ?? null;
  if (rest !== null && (duration === null || rest < duration)) return `You have ${duration_in_words(rest)}, the rest of the time for these tasks. ${begin}`;
  return duration === null ? "This task has no time limit." : `You have ${duration_in_words(duration)}. ${begin}`;
}

/** @param {number} tries @returns {string} */
export function tries_in_words(tries) {
  return `${tries === 1 ? "1 try" : `${tries} tries`} left`;
}

/**
 * A problem that the server reports without a request.
 * @param {string} message @param {string} contact Whom to ask; may be empty.
 */
export function report_in_words(message, contact) {
  return `The server reports a problem: ${message.replace(/[.!]$/, "")}. If it continues, ${contact_in_words(contact)}.`;
}

/** @param {string} contact @returns {string} The part of a sentence that says whom to ask. */
export function contact_in_words(contact) {
  return contact === "" ? "tell the people who run this study" : `contact ${contact}`;
}

/**
 * @param {{records_bytes: boolean, records_addresses: boolean}} study
 * @param {{has_treatment?: boolean}} [more] Whether the study says what may be used for its tasks, with links.
 * @returns {string} What the server records of a participant.
 */
export function recording_in_words({ records_bytes, records_addresses }, { has_treatment = false } = {}) {
  const what = records_bytes ? "every key you type and everything the terminal prints" : "the commands you run, what they print, and when you press a key, but not which one";
  const also = ["when you paste", "whether this page is in view", "the quality of your connection"];
  if (has_treatment) also.push("when you open a link beside a task");
  also.push("your time zone");
  if (records_addresses) also.push("your network address");
  return `This study records ${what}. It also records ${also.slice(0, -1).join(", ")} and ${also.at(-1)}. It records nothing outside this page.`;
}

/** Words for the status of a name or a line. @type {Record<string, string>} */
export const STATUS_WORDS = { matched: "done", extra: "should not be here", incorrect: "wrong", missing: "missing" };

/** @type {Record<string, string>} */
const DIFFERENCES = { mode: "permissions", modified_at: "time" };

/** @param {string} attribute Attribute in which a file differs. */
export function difference_in_words(attribute) {
  return `wrong ${DIFFERENCES[attribute] ?? attribute}`;
}

/**
 * @typedef {object} Counts Of a check.
 * @property {number} matched
 * @property {number} missing
 * @property {number} extra
 * @property {number} incorrect
 * @property {boolean} [too_much_output]
 * @property {boolean} [changed_names]
 * @property {boolean} [extra_counts]
 */

/** @param {Counts} counts @param {string} task_type @returns {string} Empty if there is nothing to say. */
export function progress_in_words(counts, task_type) {
  if (counts.changed_names) return "Not done yet: files were added, removed or renamed, but should stay as they were. You can reset them.";
  // A researcher's program may count nothing wrong and still not pass the task.
  if (task_type === "command" && counts.missing + counts.extra + counts.incorrect === 0) return "";
  if (task_type === "file_search") return printed_in_words(counts, "path");
  if (task_type !== "stdout") return entries_in_words(counts);
  return counts.extra_counts ? printed_in_words(counts, "line") : lines_in_words(counts);
}

/** Nothing else than the answer may be printed. @param {Counts} counts @param {string} noun Of what is printed. */
function printed_in_words({ matched, missing, extra, incorrect }, noun) {
  if (matched + incorrect === 0) return "";
  const wanted = matched + missing + incorrect;
  const parts = [`${matched} of ${wanted} ${noun}s ${verb(matched)} correct`];
  if (incorrect > 0) parts.push(`${incorrect} ${verb(incorrect)} in another place`);
  if (extra > 0) parts.push(`${extra} should not be there`);
  return parts.length === 1 && missing === 0 ? "Everything is correct." : `Not done yet: ${parts.join(", ")}.`;
}

/** Some other lines are allowed. @param {{matched: number, missing: number, too_much_output?: boolean}} counts */
function lines_in_words({ matched, missing, too_much_output }) {
  if (matched === 0) return "";
  if (too_much_output) return "Not done yet: the output has the answer among too many other lines. Print less around it.";
  const wanted = matched + missing;
  return missing === 0 ? "All lines are correct." : `Not done yet: ${matched} of ${wanted} lines ${verb(matched)} correct.`;
}

/** @param {{missing: number, extra: number, incorrect: number}} counts */
function entries_in_words({ missing, extra, incorrect }) {
  const parts = [
    { count: missing, says: `${verb(missing)} missing` },
    { count: extra, says: "should not be here" },
    { count: incorrect, says: `${verb(incorrect)} wrong` },
  ].filter(({ count }) => count > 0);
  if (parts.length === 0) return "Everything is correct.";
  const words = parts.map(({ count, says }, index) => `${index === 0 ? counted(count, "thing") : count} ${says}`);
  return `Not done yet: ${words.join(", ")}.`;
}

/** @param {number} count */
function verb(count) {
  return count === 1 ? "is" : "are";
}
