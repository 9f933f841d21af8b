/** Types of a session: its options and its events. */

/** @import { ConnectionOptions, ConnectionStatus } from "./connection.js" */
/** @import { ErrorMessage, Observation, Progress, StudyState } from "./protocol.js" */

/**
 * @typedef {object} SessionEvents
 * @property {(state: StudyState) => void} on_state
 * @property {(status: ConnectionStatus) => void} on_status
 * @property {(progress: Progress) => void} on_progress
 * @property {(error: ErrorMessage) => void} on_error One that answers no request.
 * @property {(backlog: {done: number, total: number} | null) => void} on_backlog Progress of a large paste; null if there is none.
 * @property {(is_input_dropped: boolean) => void} on_sandbox_replaced A new sandbox has replaced the old one. `is_input_dropped`:
 *     whether input for the old one was discarded.
 * @property {(sentence: string) => void} on_sandbox_starting What the server does to start a sandbox for this participant.
 *
 * @typedef {ConnectionOptions & {
 *   emulator: import("./terminal.js").Emulator,
 *   random_bytes: (length: number) => Uint8Array,
 *   wall_clock: () => number,
 *   participant: () => string,
 *   timezone?: string,
 * }} SessionOptions `wall_clock`: milliseconds since 1970. `participant`: key of this page's participant; empty before the login.
 *     `timezone`: the participant's time zone, for the shell.
 *
 * @typedef {Observation extends infer O ? O extends Observation ? Omit<O, "at"> : never : never} UnstampedObservation
 */

export {};
