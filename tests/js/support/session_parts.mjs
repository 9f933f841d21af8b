import { createRequire } from "node:module";

import { encode_frame } from "../../../static/js/core/protocol.js";
import { Session } from "../../../static/js/core/session.js";
import { FakeSockets } from "./fake_socket.mjs";
import { FakeTimers, settle } from "./fake_timers.mjs";

const { Terminal } = /** @type {typeof import("@xterm/headless")} */ (createRequire(import.meta.url)("@xterm/headless"));

const TASK = { number: 1, total: 2, type: "stdout", description: "", duration_in_seconds: 60 };
export const READY = { state: "ready", state_number: 1, task: { ...TASK, time_left_in_seconds: null }, previous: null };
export const RUNNING = { state: "running", state_number: 2, task: { ...TASK, time_left_in_seconds: 60 }, previous: null };
export const PASSED = {
  state: "ready",
  state_number: 3,
  task: { ...TASK, number: 2, time_left_in_seconds: null },
  previous: { number: 1, state: "passed" },
};

/** A session with the test as its server. @param {{authorize?: import("../../../static/js/core/connection.js").ConnectionOptions["authorize"], participant?: string}} [options] */
export function make_session({ authorize = async () => "admitted", participant = "" } = {}) {
  const sockets = new FakeSockets();
  const timers = new FakeTimers();
  const emulator = Object.assign(new Terminal({ cols: 80, rows: 24, allowProposedApi: true }), {
    paste: (/** @type {string} */ text) => emulator.input(text, true),
  });
  /** @type {string[]} */
  const states = [];
  /** @type {string[]} */
  const errors = [];
  /** @type {({done: number, total: number} | null)[]} */
  const backlogs = [];
  /** @type {boolean[]} */
  const replacements = [];
  /** @type {string[]} */
  const sentences = [];
  /** @type {string[]} */
  const connections = [];
  let next_byte = 0;
  const session = new Session(
    {
      url: () => "ws://here/api/v1/terminal",
      open_socket: sockets.open,
      authorize,
      timers,
      random: () => 1,
      emulator,
      is_online: () => true,
      participant: () => participant,
      wall_clock: () => 1_000_000 + timers.now(),
      random_bytes: (length) => Uint8Array.from({ length }, () => next_byte++),
    },
    {
      on_state: (state) => states.push(`${state.state} ${state.state_number}`),
      on_status: ({ name }) => connections.push(name),
      on_progress: () => {},
      on_error: ({ code }) => errors.push(code),
      on_backlog: (backlog) => backlogs.push(backlog),
      on_sandbox_replaced: (is_input_dropped) => replacements.push(is_input_dropped),
      on_sandbox_starting: (sentence) => sentences.push(sentence),
    },
  );
  /** @param {object} [more] */
  const welcome = (more = {}) =>
    sockets.last.say({ type: "welcome", stream: "", input_offset: 0, output_offset: 0, answered_offset: 0, state: READY, ...more });
  const running = (more = {}) => welcome({ stream: "s1", state: RUNNING, ...more });
  /** @param {number} offset @param {string} text */
  const output = (offset, text) => sockets.last.say(encode_frame(offset, Buffer.from(text, "latin1")).buffer);
  /** Waits until all output so far is drawn. @returns {Promise<void>} */
  const drawn = () => new Promise((resolve) => emulator.write("", resolve));
  const open = () => {
    session.start();
    sockets.last.open();
  };
  const reopen = async (code = 1006) => {
    sockets.last.break(code);
    timers.advance(5000);
    await settle();
    sockets.last.open();
  };
  /** A session in a running task, which has sent nothing yet. */
  const open_running = () => {
    open();
    running();
    sockets.last.take();
  };
  const take = () => sockets.last.take();
  const line = (/** @type {number} */ row) => emulator.buffer.active.getLine(row)?.translateToString(true);
  const type = (/** @type {string} */ keys) => emulator.input(keys, true);
  return { session, sockets, timers, emulator, states, errors, backlogs, replacements, sentences, connections, welcome, running, output, drawn, open, reopen, open_running, take, line, type };
}
