/** What a session is made of and what it tells; types only. */

/** @import { ConnectionOptions, ConnectionStatus } from "./connection.js" */
/** @import { ErrorMessage, Observation, Progress, StudyState } from "./protocol.js" */

/**
 * @typedef {object} SessionEvents
 * @property {(state: StudyState) => void} on_state
 * @property {(status: ConnectionStatus) => void} on_status
 * @property {(progress: Progress) => void} on_progress
 * @property {(error: ErrorMessage) => void} on_error One that answers no request.
 * @property {(backlog: {done: number, total: number} | null) => void} on_backlog How much of a large paste the server has.
 * @property {(is_input_dropped: boolean) => void} on_sandbox_replaced The sandbox is another one. Whether something was
 *     typed for the old one that it has not got, and nobody will.
 *
 * @typedef {ConnectionOptions & {
 *   emulator: import("./terminal.js").Emulator,
 *   random_bytes: (length: number) => Uint8Array,
 *   wall_clock: () => number,
 *   participant: () => string,
 *   timezone?: string,
 * }} SessionOptions `wall_clock`: milliseconds since 1970. `participant`: the key of whose page this is, or nothing.
 *     `timezone`: the participant's, which the shell gets.
 *
 * @typedef {Observation extends infer O ? O extends Observation ? Omit<O, "at"> : never : never} UnstampedObservation
 */

export {};
