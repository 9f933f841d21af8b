import { Outage } from "./outage.js";
import { Acknowledger } from "./acknowledger.js";
import { AnswerWatch } from "./answer_watch.js";
import { Backlog } from "./backlog.js";
import { Connection } from "./connection.js";
import { InputStream } from "./input_stream.js";
import { KeyTimes } from "./key_times.js";
import { KnownSandbox } from "./known_sandbox.js";
import { OutputStream } from "./output_stream.js";
import { make_pasteable } from "./paste_text.js";
import { Pastes } from "./pastes.js";
import { decode_frame, decode_message, encode_frame } from "./protocol.js";
import { Reports } from "./reports.js";
import { ABANDONED, RequestError, Requests } from "./requests.js";
import { RoundTrips } from "./round_trips.js";
import { StepAnswers } from "./step_answers.js";
import { TerminalScreen } from "./terminal.js";

/** @import { ConnectionStatus } from "./connection.js" */
/** @import { ClientMessage, Pong, Step, StepChoice, StudyState, Welcome } from "./protocol.js" */
/** @import { ControlRequest } from "./requests.js" */
/** @import { SessionEvents, SessionOptions, UnstampedObservation } from "./session_parts.js" */

/**
 * The client side of the protocol: connects the terminal, the two streams and the control requests to a connection that may
 * break at any time. It keeps no state outside the page: a reloaded page gets its state from the server.
 */
export class Session {
  #events;
  #timers;
  #connection;
  #requests;
  #reports;
  #round_trips = new RoundTrips();
  #wall_clock;
  #terminal;
  #input = new InputStream();
  #output = new OutputStream();
  #pastes = new Pastes();
  #key_times = new KeyTimes();
  #backlog;
  /** Name of the pair of streams that the offsets belong to. @type {string | null} */
  #stream = null;
  #sandbox = new KnownSandbox();
  /** @type {StudyState | null} */
  #state = null;
  /** False between `hello` and `welcome`, when nothing may be sent. */
  #is_welcomed = false;
  #sent_size = "";
  /** @type {string | undefined} */
  #timezone;
  #outage = new Outage();
  #participant;
  #acknowledger;
  #answers;
  #step_answers;

  /** @param {SessionOptions} options @param {SessionEvents} events */
  constructor(options, events) {
    this.#events = events;
    this.#timers = options.timers;
    this.#wall_clock = options.wall_clock;
    this.#timezone = options.timezone;
    this.#participant = options.participant;
    this.#backlog = new Backlog(this.#input, (backlog) => events.on_backlog(backlog));
    this.#terminal = new TerminalScreen(options.emulator, {
      on_input: (bytes, { is_answer }) => this.#type(bytes, !is_answer),
      on_resize: () => this.#send_size(),
    });
    this.#connection = new Connection(options, {
      on_open: () => this.#send_hello(),
      on_frame: (frame) => this.#receive(frame),
      on_closed: () => this.#close(),
      on_status: (status) => this.#handle_status(status),
    });
    this.#acknowledger = new Acknowledger({
      output: this.#output,
      timers: options.timers,
      send: (output_offset) => this.#is_welcomed && this.#send({ type: "ack", output_offset }),
    });
    this.#answers = new AnswerWatch({
      timers: options.timers,
      owes: () => this.#is_welcomed && (this.#input.has_little_unacknowledged || this.#requests.any_waits),
      on_overdue: () => this.#connection.probe(),
    });
    this.#step_answers = new StepAnswers({ send: (answer) => this.#is_welcomed && this.#send(answer), timers: options.timers });
    this.#reports = new Reports({ send: (frame) => this.#is_welcomed && this.#send(frame), timers: options.timers });
    this.#requests = new Requests({
      send: (request) => {
        const is_sent = this.#is_welcomed && this.#send(request);
        this.#answers.sent();
        return is_sent;
      },
      timers: options.timers,
      random_bytes: options.random_bytes,
    });
  }

  /** @returns {StudyState | null} */
  get state() {
    return this.#state;
  }

  /** Whether input goes to a shell now. */
  get takes_input() {
    return this.#stream !== null && this.#state?.state === "running" && !this.#requests.is_waiting("start_task");
  }

  /** Connects. After another tab took over, takes over from that tab. */
  start() {
    this.#connection.start();
  }

  /** Checks the connection, or reconnects at once. */
  check_now() {
    this.#connection.check_now();
  }

  /** Asks the server for the whole state, including the clock. */
  refresh() {
    if (this.#is_welcomed) this.#send_hello();
  }

  /** @param {number} task Its number. @returns {Promise<void>} Fulfilled when its shell is ready. */
  start_task(task) {
    return this.#ask({ type: "start_task", task });
  }

  /**
   * Tells the server an answer that the participant has changed.
   * @param {Step} step That the server has shown. @param {string} field @param {unknown} value @param {boolean} is_typing More changes may follow soon.
   */
  answer(step, field, value, is_typing) {
    this.#step_answers.give(step, field, value);
    if (!is_typing) this.#step_answers.flush();
  }

  /**
   * @param {Step} step @param {{answers?: Record<string, unknown>, choice?: StepChoice}} end
   * @returns {Promise<void>} Fulfilled when the server has left the step; the next state follows.
   */
  finish_step(step, end) {
    this.#step_answers.flush();
    return this.#ask({ type: "step_done", step: step.id, ...end });
  }

  /** Hands in the running task. @returns {Promise<void>} Fulfilled when the server has the hand-in; its verdict follows. */
  hand_in() {
    return this.#ask({ type: "submit", task: this.#task_number });
  }

  /** @returns {Promise<string[]>} The lines of the running task's solution. */
  async show_solution() {
    const answer = await this.#requests.ask({ type: "show_solution", task: this.#task_number });
    return answer?.type === "solution" ? answer.lines : [];
  }

  /** The participant leaves the study. @param {boolean} deletes Whether the server deletes what it has recorded. @returns {Promise<void>} */
  withdraw(deletes) {
    return this.#ask({ type: "withdraw", delete: deletes });
  }

  /** @returns {Promise<void>} Fulfilled when the new shell is ready. Its output begins with a terminal reset. */
  async reset() {
    const stream = this.#stream;
    const was_pasting = this.#drop_unsent();
    try {
      await this.#ask({ type: "reset", task: this.#task_number });
    } catch (error) {
      // The old shell still waits for the end of the paste. After an abandoned request it is unknown which shell there is.
      const is_refused = error instanceof RequestError && error.code !== ABANDONED;
      if (was_pasting && is_refused && stream === this.#stream) this.#type(this.#terminal.end_of_paste, false);
      throw error;
    }
  }

  /** @returns {Promise<void>} */
  give_up() {
    return this.#ask({ type: "give_up", task: this.#task_number });
  }

  get #task_number() {
    return this.#state?.task?.number ?? 1;
  }

  /** @param {ControlRequest} request @returns {Promise<void>} */
  async #ask(request) {
    await this.#requests.ask(request);
  }

  /** Sends a paste to the shell, and reports it for the record. @param {string} text */
  paste(text) {
    const input_offset = this.#input.end;
    const { text: pasteable, replaced } = make_pasteable(text);
    this.#terminal.paste(pasteable);
    const bytes = this.#input.end - input_offset;
    if (bytes === 0 || this.#stream === null) return;
    const paste = { stream: this.#stream, input_offset, bytes };
    this.observe({ kind: "paste", ...paste, ...(replaced > 0 && { replaced }) });
    this.#pastes.add(paste, this.#input.ever_sent);
  }

  /** Drops the unsent part of a paste, and reports for the record how much was sent. */
  cancel_paste() {
    this.#drop_unsent();
    this.#type(this.#terminal.end_of_paste, false);
  }

  /** @returns {boolean} Whether a paste was cut short after a part of it was sent. */
  #drop_unsent() {
    const stopped = this.#report_stopped_pastes();
    this.#key_times.drop();
    this.#input.drop_unsent();
    this.#backlog.report();
    return stopped.some(({ bytes }) => bytes > 0);
  }

  /** Reports an observation for the record. @param {UnstampedObservation} observation */
  observe(observation) {
    this.#reports.observe({ ...observation, at: this.#wall_clock() });
  }

  /** The page is about to close: sends the remaining reports. */
  leave() {
    this.#step_answers.flush();
    this.#reports.flush();
  }

  #send_hello() {
    this.#is_welcomed = false;
    const { columns, rows } = this.#terminal.size;
    this.#sent_size = `${columns} ${rows}`;
    const known = this.#stream === null ? {} : { stream: this.#stream, input_offset: this.#input.ever_sent };
    const mine = { participant: this.#participant() || undefined, timezone: this.#timezone };
    this.#send({ type: "hello", columns, rows, output_offset: this.#output.received, ...known, ...mine, sandbox: this.#sandbox.name ?? "" });
  }

  #close() {
    this.#is_welcomed = false;
    this.#answers.forget();
    this.#acknowledger.stop();
  }

  /** @param {string | ArrayBuffer} frame */
  #receive(frame) {
    if (typeof frame !== "string") {
      const { offset, bytes } = decode_frame(frame);
      this.#show(offset, bytes);
      return;
    }
    const message = decode_message(frame);
    switch (message?.type) {
      case "welcome":
        this.#apply_welcome(message);
        break;
      case "state":
        this.#apply_state(message.state);
        break;
      case "input_ack":
        this.#input.acknowledge(message.input_offset);
        this.#answers.answered();
        this.#backlog.report();
        this.#send_input();
        break;
      case "progress":
        this.#events.on_progress(message);
        break;
      case "done":
        if (message.sandbox !== undefined) this.#sandbox.rename(message.sandbox);
        this.#requests.fulfil(message.id);
        break;
      case "solution":
        this.#requests.fulfil(message.id, message);
        break;
      case "sandbox_replaced":
        // Between hello and welcome, the welcome names the sandbox.
        if (this.#is_welcomed && message.sandbox !== this.#sandbox.name) this.#see_sandbox(message.sandbox, this.#input.has_unacknowledged);
        break;
      case "sandbox_starting":
        this.#events.on_sandbox_starting(message.text);
        break;
      case "replaced":
        this.#connection.replaced();
        break;
      case "error":
        if (message.code === "unknown_stream" && !this.#is_welcomed) {
          // The server's record does not have this stream: say hello like a page that was just opened.
          this.#begin_stream({ stream: null, input_offset: 0, output_offset: 0, answered_offset: 0 });
          this.#send_hello();
          break;
        }
        if (message.code === "wrong_participant") break; // The connection ends, and this page logs in again.
        // An older server does not know all messages of this page: no reason to show an error.
        if (!this.#requests.refuse(message) && message.code !== "bad_message") this.#events.on_error(message);
        break;
      case "pong":
        this.#handle_pong(message);
        break;
    }
  }

  /** @param {Welcome} welcome */
  #apply_welcome(welcome) {
    const stream = welcome.stream || null;
    const is_same = stream !== null && stream === this.#stream;
    const { has_unacknowledged } = this.#input;
    if (is_same) {
      const end_of_sent = this.#input.ever_sent;
      const moved = this.#input.resume(welcome.input_offset);
      if (moved !== 0) {
        this.#reports.move(stream, end_of_sent, moved);
        this.#pastes.move(end_of_sent, moved);
        this.#key_times.move(moved);
        this.#sandbox.move(end_of_sent, moved);
      }
      if (this.#output.resume(welcome.output_offset, welcome.answered_offset)) this.#terminal.clear();
    } else {
      this.#begin_stream({ ...welcome, stream });
    }
    this.#is_welcomed = true;
    if (is_same) this.#see_sandbox(welcome.sandbox, has_unacknowledged);
    this.#requests.fulfil(welcome.id);
    this.#connection.welcomed();
    this.#apply_state(welcome.state);
    this.#step_answers.catch_up(welcome.state.step);
    this.#send_size();
    this.#backlog.report();
    this.#reports.wake();
    // Input that was in flight when the connection broke comes first again: none of it is for the fresh shell.
    if (this.#requests.is_waiting("reset")) this.#send_input(this.#input.ever_sent);
    if (welcome.id === undefined) this.#requests.send_all();
    this.#send_input();
    this.#acknowledger.drawn();
  }

  /**
   * Input that was typed before this page knew of the new sandbox was for the old one. The page still sends it, for the record;
   * the server does not pass it to the shell.
   * @param {string | undefined} sandbox @param {boolean} is_input_dropped Whether there is such input.
   */
  #see_sandbox(sandbox, is_input_dropped) {
    if (sandbox === undefined) return;
    if (this.#sandbox.name === null) this.#sandbox.rename(sandbox);
    if (sandbox !== this.#sandbox.name) {
      // The participant asked for it: unsent input was typed after that.
      const was_asked_for = this.#requests.is_waiting("reset");
      if (!was_asked_for && this.#input.backlog !== null) this.#drop_unsent();
      this.#sandbox.replace(sandbox, was_asked_for ? this.#input.ever_sent : this.#input.end);
      if (!was_asked_for) this.#events.on_sandbox_replaced(is_input_dropped);
    }
    this.#send({ type: "sandbox_seen", sandbox, input_offset: this.#sandbox.input_offset });
  }

  /** @param {{stream: string | null, sandbox?: string, input_offset: number, output_offset: number, answered_offset: number}} begin */
  #begin_stream({ stream, sandbox, input_offset, output_offset, answered_offset }) {
    // The screen shows output of another stream.
    if (this.#stream !== null) this.#terminal.clear();
    this.#report_stopped_pastes();
    this.#key_times.drop();
    this.#stream = stream;
    this.#sandbox.reset(sandbox, input_offset);
    this.#input.reset(input_offset);
    this.#output.reset(output_offset, answered_offset);
  }

  /** @param {StudyState} state */
  #apply_state(state) {
    // The page shows the server's answers of a new step.
    if (state.state_number !== this.#state?.state_number) this.#step_answers.forget();
    this.#state = state;
    if (state.state !== "running") {
      this.#report_stopped_pastes();
      this.#key_times.drop();
      this.#input.reset(this.#input.ever_sent);
      this.#backlog.report();
    }
    this.#events.on_state(state);
  }

  /** @param {number} offset @param {Uint8Array} bytes */
  #show(offset, bytes) {
    const received = this.#output.receive(offset, bytes);
    if (received.kind === "gap") this.refresh();
    if (received.kind !== "bytes") return;
    const replayed = this.#output.replayed_part(received.offset, received.bytes.length);
    this.#write(received.offset, received.bytes.subarray(0, replayed), true);
    this.#write(received.offset + replayed, received.bytes.subarray(replayed), false);
  }

  /** @param {number} offset @param {Uint8Array} bytes @param {boolean} is_replay */
  #write(offset, bytes, is_replay) {
    if (bytes.length === 0) return;
    const stream = this.#stream;
    this.#terminal.write(bytes, { is_replay }, () => {
      if (stream !== this.#stream) return;
      this.#output.mark_rendered(offset + bytes.length);
      if (this.#is_welcomed) this.#acknowledger.drawn();
    });
  }

  /** @param {Uint8Array} bytes @param {boolean} is_of_person False for what the emulator or the page sends. */
  #type(bytes, is_of_person) {
    if (!this.takes_input || this.#stream === null || bytes.length === 0) return;
    if (is_of_person) this.#key_times.add(this.#input.end, this.#wall_clock());
    this.#input.write(bytes);
    this.#backlog.report();
    this.#send_input();
  }

  /** Reports the pastes that were cut short: their unsent input is dropped. */
  #report_stopped_pastes() {
    const all_stopped = this.#pastes.stop(this.#input.ever_sent);
    for (const stopped of all_stopped) this.observe({ kind: "paste_stopped", ...stopped });
    return all_stopped;
  }

  /** @param {ConnectionStatus} status */
  #handle_status(status) {
    const outage = this.#outage.update(status, this.#wall_clock());
    if (outage !== null) this.observe(outage);
    this.#events.on_status(status);
    if (status.name !== "replaced" && status.name !== "refused") return;
    this.#requests.abandon("the study continued in another tab before the server answered");
    this.#step_answers.forget();
  }

  /** @param {Pong} pong */
  #handle_pong(pong) {
    const now = this.#timers.now();
    const milliseconds = this.#round_trips.add(now, now - pong.t);
    if (milliseconds !== null) this.observe({ kind: "round_trip", milliseconds });
    if (this.#state !== null && pong.state_number > this.#state.state_number) this.refresh();
  }

  /** @param {number} [until] */
  #send_input(until) {
    if (!this.#is_welcomed || !this.takes_input) return;
    for (let frame = this.#input.take(until); frame !== null; frame = this.#input.take(until)) {
      if (!this.#connection.send(encode_frame(frame.offset, frame.bytes))) break;
    }
    this.#answers.sent();
    if (this.#stream === null) return;
    for (const [offset, at] of this.#key_times.take(this.#input.ever_sent)) this.#reports.typed(this.#stream, offset, at);
  }

  #send_size() {
    const { columns, rows } = this.#terminal.size;
    const size = `${columns} ${rows}`;
    if (!this.#is_welcomed || size === this.#sent_size) return;
    this.#sent_size = size;
    this.#send({ type: "resize", columns, rows });
  }

  /** @param {ClientMessage} message */
  #send(message) {
    return this.#connection.send(JSON.stringify(message));
  }
}
