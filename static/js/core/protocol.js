/**
 * The messages of subprotocol `tellina.v1` and their encoding, with the numbers of docs/protocol.md.
 * Stream offsets are plain numbers here: they stay exact up to 2^53 bytes, which no terminal session reaches.
 */

export const SUBPROTOCOL = "tellina.v1";
export const TERMINAL_PATH = "/api/v1/terminal";
export const LOGIN_PATH = "/api/v1/login";
export const JOIN_PATH = "/api/v1/join";
export const STUDY_PATH = "/api/v1/study";
export const ABOUT_PATH = "/api/v1/about";

/** Bytes of offset in front of every binary frame. */
export const FRAME_HEADER_BYTES = 8;
/** Terminal bytes in one binary frame, at most. */
export const MAX_FRAME_BYTES = 64 * 1024;
/** Input bytes that may be on their way without an acknowledgement. */
export const INPUT_WINDOW_BYTES = 64 * 1024;
/** Output bytes that the server sends beyond what the page has acknowledged as rendered. */
export const OUTPUT_WINDOW_BYTES = 256 * 1024;

/** A terminal is 1 to this many cells wide, and as many high. */
export const MAX_TERMINAL_CELLS = 1000;

export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_BUSY = 1013;
/** A newer tab took over: do not reconnect by yourself. */
export const CLOSE_REPLACED = 4001;
/** A message was lost on the way: reconnect and continue. */
export const CLOSE_LOST = 4002;
/** The cookie was another participant's: log in again, then reconnect. */
export const CLOSE_WRONG_PARTICIPANT = 4003;

/**
 * @typedef {{columns: number, rows: number}} TerminalSize In character cells.
 *
 * @typedef {object} TaskState An older server sends only the fields that are required here.
 * @property {number} number From 1, among the tasks of this participant, or among their practice tasks.
 * @property {number} total
 * @property {string} type `stdout`, `filesystem`, `file_search` or `command`.
 * @property {string} description Empty until the task is revealed, which may be at its start.
 * @property {number | null} duration_in_seconds Null: without a time limit.
 * @property {number | null} time_left_in_seconds Null unless the task is running with a time limit.
 * @property {boolean} [clock_stands] The clock is paused: the server has no sandbox for this task.
 * @property {boolean} [terminal_replaced] A sandbox was lost: the files are the initial ones.
 * @property {string} [id]
 * @property {string} [title] May be empty.
 * @property {boolean} [practice]
 * @property {{number: number, of: number} | null} [try]
 * @property {string | null} [expected] Markdown, shown below the task.
 * @property {Treatment | null} [treatment]
 * @property {{number: number, total: number, time_left_in_seconds: number | null} | null} [block] The task's place among those that share
 *     a clock.
 * @property {string} [feedback]
 * @property {"automatic" | "button" | "both"} [hand_in]
 * @property {number | null} [tries_left] Hand-ins that are left.
 * @property {boolean} [give_up] Whether giving up is offered.
 * @property {number | null} [give_up_in_seconds] When it will be; null or 0: now.
 * @property {boolean} [start_over] Whether a reset is offered.
 * @property {number | null} [solution_in_seconds] When the solution will be offered; null: never.
 *
 * @typedef {object} Treatment What is shown beside each task of a period.
 * @property {string} title
 * @property {string | null} [text] Markdown.
 * @property {{title: string, url: string}[]} [links]
 *
 * @typedef {object} PreviousTask
 * @property {number} number
 * @property {string} state `passed`, `timed_out`, `gave_up`, `failed`, `handed_in`, or `interrupted` or a state that this page does not know: not the
 *     participant's doing.
 * @property {boolean} [practice]
 *
 * @typedef {object} Step A page, a form or a break of the study's flow.
 * @property {string} id
 * @property {string} kind `consent`, `page`, `questionnaire` or `break`; the page shows any other kind like `page`.
 * @property {number} number From 1; 0, with an empty id, while the server chooses what comes next.
 * @property {number} total As far as it is known.
 * @property {string} [title]
 * @property {string} [text] Markdown.
 * @property {string[]} [boxes] Of a consent: all must be ticked. Markdown.
 * @property {boolean} [refuse] Of a consent: whether the participant can refuse.
 * @property {boolean} [back] Whether the participant can return to the step before.
 * @property {FormField[]} [fields]
 * @property {Record<string, unknown>} [answers] By the fields' names: what the server has.
 * @property {number} [at_least_in_seconds] How long the participant still has to stay.
 * @property {number | null} [seconds_left] Of a break that should end.
 * @property {boolean} [repeated] The questionnaire is shown again because answers were wrong.
 *
 * @typedef {object} FormField The value of an answer: a string (`text`, `paragraph`, `choice`), a number (`number`, `scale`), a list of strings
 *     (`choices`), numbers by the rows' names (`matrix`), a boolean (`confirm`); null for no answer.
 * @property {string} name
 * @property {string} type
 * @property {string} label
 * @property {string | null} [help]
 * @property {boolean} [required]
 * @property {FieldCondition | null} [show_if]
 * @property {string[]} [options] Of `choice` and `choices`.
 * @property {number} [at_least] Of `number`, and `at_most`, `whole`.
 * @property {number} [at_most]
 * @property {boolean} [whole]
 * @property {number} [from] Of `scale` and `matrix`, and `to`, `from_label`, `to_label`.
 * @property {number} [to]
 * @property {string} [from_label]
 * @property {string} [to_label]
 * @property {{name: string, label: string}[]} [rows] Of `matrix`.
 *
 * @typedef {{field: string, is: unknown}} FieldCondition Holds if that field's answer is `is`, or a list that includes it.
 *
 * @typedef {object} StudyState
 * @property {string} state `step`, `ready`, `running` or `finished`; of any other the page says that it is too old.
 * @property {number} state_number Grows with every change.
 * @property {TaskState | null} task Null in a step and when finished.
 * @property {PreviousTask | null} previous
 * @property {PreviousTask[]} [outcomes] Of all tasks that have ended, in their order.
 * @property {Step} [step] In the state `step`.
 * @property {{title?: string, contact?: string, trial_run?: boolean}} [study]
 * @property {string} [withdrawal] `off`, `keep`, `delete` or `ask`.
 * @property {string | null} [outcome] This and the rest when finished.
 * @property {string | null} [text] Markdown.
 * @property {string | null} [code]
 * @property {string | null} [redirect] An address, complete with the code.
 *
 * @typedef {object} StudyAbout What everyone may know about the study, without a login.
 * @property {string} [title]
 * @property {string} [contact] Whom participants may ask; may be empty.
 * @property {boolean} [records_bytes] Whether every byte typed and printed is kept.
 * @property {boolean} [records_addresses] Whether network addresses are kept. An older server keeps them and does not say so.
 *
 * @typedef {object} Welcome
 * @property {"welcome"} type
 * @property {string} [stream] Empty or absent when there is no task session.
 * @property {string} [sandbox] Names the sandbox behind the terminal; an older server does not say.
 * @property {number} input_offset Offset of the next input byte.
 * @property {number} output_offset Of the next output byte.
 * @property {number} answered_offset An earlier page has shown the output below it, and answered its queries.
 * @property {StudyState} state
 * @property {number} [id]
 *
 * @typedef {object} Progress
 * @property {"progress"} type
 * @property {number} matched
 * @property {number} missing
 * @property {number} extra
 * @property {number} incorrect
 * @property {boolean} [too_much_output] Of a `stdout` task: the answer is in the output, with too much else.
 * @property {boolean} [changed_names] Of a `file_search` task: the files' names are not those of the start.
 * @property {boolean} [extra_counts] Everything that counts as extra prevents a pass.
 * @property {ProgressDetail[]} [detail]
 *
 * @typedef {{path?: string, line?: string, status: string, differs?: string[]}} ProgressDetail `status`: `matched`,
 *     `extra`, `missing` or `incorrect`; then `differs` says in what.
 *
 * @typedef {{type: "error", code: string, message: string, id?: number, reference?: string, fields?: FieldFault[], seconds_left?: number}} ErrorMessage
 *     `reference`: finds the failure in the server's log. `fields` belongs to `bad_answers`, `seconds_left` to `too_early`.
 * @typedef {{name: string, message: string}} FieldFault
 * @typedef {{type: "pong", t: number, input_offset: number, output_offset: number, state_number: number}} Pong
 *
 * @typedef {Welcome
 *   | {type: "state", state: StudyState}
 *   | {type: "input_ack", input_offset: number}
 *   | Progress
 *   | {type: "done", id: number, sandbox?: string}
 *   | {type: "solution", id: number, lines: string[]}
 *   | {type: "sandbox_replaced", sandbox: string}
 *   | {type: "sandbox_starting", text: string}
 *   | {type: "replaced"}
 *   | ErrorMessage
 *   | Pong} ServerMessage
 *
 * @typedef {object} Hello
 * @property {"hello"} type
 * @property {number} columns
 * @property {number} rows
 * @property {number} output_offset
 * @property {string} [stream]
 * @property {number} [input_offset]
 * @property {string} [participant] Key of the participant that this page has logged in.
 * @property {string} sandbox The last sandbox that this page knows of; empty if none.
 * @property {string} [timezone]
 *
 * @typedef {{at: number} & (
 *     {kind: "visibility", visible: boolean}
 *   | {kind: "focus", focused: boolean}
 *   | {kind: "paste" | "paste_stopped", stream: string, input_offset: number, bytes: number, replaced?: number}
 *   | {kind: "round_trip", milliseconds: number}
 *   | {kind: "link_opened", url: string}
 *   | {kind: "disconnected", reason: string, milliseconds: number})} Observation `at`: milliseconds since 1970.
 *
 * @typedef {Hello
 *   | {type: "sandbox_seen", sandbox: string, input_offset: number}
 *   | {type: "start_task", id: number, task: number}
 *   | {type: "resize", columns: number, rows: number}
 *   | {type: "ack", output_offset: number}
 *   | {type: "reset", id: number, task: number}
 *   | {type: "give_up", id: number, task: number}
 *   | {type: "submit", id: number, task: number}
 *   | {type: "show_solution", id: number, task: number}
 *   | {type: "withdraw", id: number, delete: boolean}
 *   | {type: "step_answer", step: string, field: string, value: unknown}
 *   | {type: "step_done", id: number, step: string, answers?: Record<string, unknown>, choice?: StepChoice}
 *   | {type: "ping", t: number}
 *   | {type: "input_times", stream: string, times: [offset: number, at: number][]}
 *   | {type: "observation"} & Observation} ClientMessage
 *
 * @typedef {"agree" | "refuse" | "back"} StepChoice
 */

/** The other end violated `tellina.v1`. */
export class ProtocolError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "ProtocolError";
  }
}

/**
 * @param {number} offset Of the first byte, in its stream.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array<ArrayBuffer>} A binary frame.
 */
export function encode_frame(offset, bytes) {
  if (!is_offset(offset)) throw new ProtocolError(`stream offset ${offset} is not a whole number from 0 to 2^53 - 1`);
  if (bytes.length > MAX_FRAME_BYTES) throw new ProtocolError(`a frame of ${bytes.length} bytes is over ${MAX_FRAME_BYTES}`);
  const frame = new Uint8Array(FRAME_HEADER_BYTES + bytes.length);
  new DataView(frame.buffer).setBigUint64(0, BigInt(offset));
  frame.set(bytes, FRAME_HEADER_BYTES);
  return frame;
}

/**
 * @param {ArrayBuffer} frame
 * @returns {{offset: number, bytes: Uint8Array}} The bytes are a view into the frame.
 * @throws {ProtocolError}
 */
export function decode_frame(frame) {
  if (frame.byteLength < FRAME_HEADER_BYTES) {
    throw new ProtocolError(`a binary frame of ${frame.byteLength} bytes has no room for its ${FRAME_HEADER_BYTES} bytes of offset`);
  }
  const offset = Number(new DataView(frame).getBigUint64(0));
  if (!is_offset(offset)) throw new ProtocolError(`stream offset ${offset} is past 2^53 - 1`);
  return { offset, bytes: new Uint8Array(frame, FRAME_HEADER_BYTES) };
}

/** The fields that the page relies on, for each message it knows. */
const REQUIRED_FIELDS = new Map(
  /** @type {[string, Record<string, "offset" | "string" | "state" | "list">][]} */ ([
    ["welcome", { input_offset: "offset", output_offset: "offset", answered_offset: "offset", state: "state" }],
    ["state", { state: "state" }],
    ["input_ack", { input_offset: "offset" }],
    ["progress", { matched: "offset", missing: "offset", extra: "offset", incorrect: "offset" }],
    ["done", { id: "offset" }],
    ["solution", { id: "offset", lines: "list" }],
    ["sandbox_replaced", { sandbox: "string" }],
    ["sandbox_starting", { text: "string" }],
    ["replaced", {}],
    ["error", { code: "string", message: "string" }],
    ["pong", { input_offset: "offset", output_offset: "offset", state_number: "offset" }],
  ]),
);

/**
 * @param {string} text
 * @returns {ServerMessage | null} Null for a message of a type that this page does not know, which is no error.
 * @throws {ProtocolError}
 */
export function decode_message(text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    throw new ProtocolError("a text frame is not JSON");
  }
  if (typeof message?.type !== "string") throw new ProtocolError("a message has no type");
  const fields = REQUIRED_FIELDS.get(message.type);
  if (fields === undefined) return null;
  for (const [name, kind] of Object.entries(fields)) {
    if (!is_of_kind(message[name], kind)) throw new ProtocolError(`${message.type}: ${name} is missing or wrong`);
  }
  return message;
}

/** @param {unknown} value @returns {value is StudyState} */
export function is_study_state(value) {
  const state = /** @type {Partial<StudyState> | null | undefined} */ (value);
  if (typeof state !== "object" || state === null || !is_offset(state.state_number)) return false;
  if (state.state === "ready" || state.state === "running") return typeof state.task === "object" && state.task !== null;
  if (state.state === "step") return typeof state.step?.id === "string" && typeof state.step.kind === "string";
  return typeof state.state === "string";
}

/** @param {unknown} value @param {"offset" | "string" | "state" | "list"} kind */
function is_of_kind(value, kind) {
  if (kind === "list") return Array.isArray(value);
  if (kind === "offset") return is_offset(value);
  if (kind === "state") return is_study_state(value);
  return typeof value === "string";
}

/** @param {unknown} value @returns {value is number} */
function is_offset(value) {
  return Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
}
