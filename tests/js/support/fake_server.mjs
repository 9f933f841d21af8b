import { EventEmitter, once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";

import { decode_frame, encode_frame } from "../../../static/js/core/protocol.js";

const TYPES = /** @type {Record<string, string>} */ ({
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
});

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self'; font-src 'self'";

/**
 * A fake server for one participant, with which a test can bring the page into any state. Its shell echoes input and prints
 * a new prompt for each line.
 */
export class FakeServer {
  /** Valid access codes. */
  access_codes = new Set(["bob"]);
  /** The errors with which the next requests of these types are refused. @type {Map<string, {code: string, message: string}>} */
  refusals = new Map();
  /** Types of requests that get no answer. @type {Set<string>} */
  lost_requests = new Set();
  /** Every text frame of the page. @type {any[]} */
  messages = [];
  /** The received input stream. */
  input = "";
  /** @type {import("./fake_server.mjs").FakeStudy} */
  study;
  /** The answer to `/about`. */
  about = { title: "Finding files", contact: "a.researcher@example.org", records_bytes: true };
  /** Whether that answer waits for `tell_about`. */
  is_about_late = false;
  tell_about = () => {};
  is_accepting = true;
  /** Whether input is acknowledged and echoed at once. */
  is_acknowledging = true;
  /** Whether HTTP is answered with status 503. */
  is_failing = false;
  /** Whether HTTP is not answered at all. */
  is_silent = false;
  /** Whether a login is answered with status 429. */
  is_overrun = false;
  /** Whether a task starts on request; otherwise the page repeats the request. */
  is_starting = true;
  /** The states that follow, each when a step is done. @type {Partial<import("./fake_server.mjs").FakeStudy>[]} */
  script = [];
  /** What the running task's solution is. @type {string[]} */
  solution = [];

  #static_directory;
  #heard = new EventEmitter();
  #output = Buffer.alloc(0);
  #stream = 0;
  /** @type {import("ws").WebSocket | null} */
  #page = null;
  #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "tellina.v1" });
  #server = createServer((request, response) => void this.#answer(request, response));

  /** @param {string} static_directory @param {FakeStudy} study */
  constructor(static_directory, study) {
    this.#static_directory = static_directory;
    this.study = study;
    this.#server.on("upgrade", (request, socket, head) => {
      if (!this.is_accepting || !this.#has_cookie(request)) {
        socket.end("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (page) => this.#serve(page));
    });
  }

  /** @returns {Promise<string>} Its address, as `http://…`. */
  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    return `http://127.0.0.1:${address.port}`;
  }

  async stop() {
    for (const page of this.#sockets.clients) page.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Breaks the page's connection. @param {number} [code] */
  break(code = 4002) {
    this.#page?.close(code);
  }

  /** @param {object} message */
  say(message) {
    this.#page?.send(JSON.stringify(message));
  }

  /**
   * Resolves with the first text frame of this type that `is_wanted` accepts; it may have arrived earlier.
   * @param {string} type
   * @param {(message: any) => boolean} [is_wanted]
   * @param {number} [deadline] In milliseconds.
   */
  async heard(type, is_wanted = () => true, deadline = 60_000) {
    const end = AbortSignal.timeout(deadline);
    for (;;) {
      const found = this.messages.find((message) => message.type === type && is_wanted(message));
      if (found !== undefined) return found;
      await once(this.#heard, "frame", { signal: end });
    }
  }

  /** The page has requested `/about`. */
  async asked_about() {
    if (this.is_about_late) await once(this.#heard, "about");
  }

  /** Changes the study and sends its state. @param {Partial<FakeStudy>} change */
  change(change) {
    this.study = { ...this.study, ...change, state_number: this.study.state_number + 1 };
    this.say({ type: "state", state: this.study });
  }

  /** @param {string | Buffer} text */
  print(text) {
    const bytes = Buffer.from(text);
    const frame = encode_frame(this.#output.length, bytes);
    this.#output = Buffer.concat([this.#output, bytes]);
    this.#page?.send(frame);
  }

  /** @param {import("node:http").IncomingMessage} request */
  #has_cookie(request) {
    return [...this.access_codes].some((code) => request.headers.cookie === `tellina_session=${code}`);
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #answer(request, response) {
    const { pathname } = new URL(request.url ?? "/", "http://here");
    if (this.is_silent && pathname.startsWith("/api/")) return;
    if (this.is_failing && pathname.startsWith("/api/")) return refuse(response, 503, "busy");
    if (pathname === "/api/v1/login") {
      let body = "";
      for await (const piece of request) body += piece;
      const { access_code } = JSON.parse(body);
      if (this.is_overrun) {
        response.setHeader("Retry-After", "48");
        return refuse(response, 429, "too_many_failures");
      }
      if (!this.access_codes.has(access_code)) return refuse(response, 401, "unknown_access_code");
      response.setHeader("Set-Cookie", `tellina_session=${access_code}; HttpOnly; SameSite=Strict; Path=/`);
      return give(response, {});
    }
    if (pathname === "/api/v1/about") {
      this.tell_about = () => give(response, this.about);
      return this.is_about_late ? this.#heard.emit("about") : this.tell_about();
    }
    if (pathname === "/api/v1/study") {
      return this.#has_cookie(request) ? give(response, this.study) : refuse(response, 401, "not_logged_in");
    }
    try {
      const file = await readFile(join(this.#static_directory, normalize(pathname).replace("/static/", "")));
      response.setHeader("Content-Type", TYPES[extname(pathname)] ?? "application/octet-stream");
      response.setHeader("Content-Security-Policy", POLICY);
      response.end(file);
    } catch {
      refuse(response, 404, "not_found");
    }
  }

  /** @param {import("ws").WebSocket} page */
  #serve(page) {
    if (this.#page !== null) {
      this.#page.send(JSON.stringify({ type: "replaced" }));
      this.#page.close(4001, "replaced");
    }
    this.#page = page;
    page.on("close", () => {
      if (this.#page === page) this.#page = null;
    });
    page.on("message", (data, is_binary) => {
      const frame = /** @type {Buffer} */ (data);
      if (is_binary) this.#type(frame);
      else this.#take(JSON.parse(frame.toString()));
    });
  }

  /** @param {Buffer} frame */
  #type(frame) {
    const { offset, bytes } = decode_frame(Uint8Array.from(frame).buffer);
    const fresh = Buffer.from(bytes).toString("latin1").slice(this.input.length - offset);
    if (this.study.state !== "running" || offset > this.input.length) return;
    this.input += fresh;
    if (!this.is_acknowledging) return;
    this.acknowledge();
    this.print(Buffer.from(fresh.replaceAll("\r", "\r\n$ "), "latin1"));
  }

  acknowledge() {
    this.say({ type: "input_ack", input_offset: this.input.length });
  }

  /** @param {any} message */
  #take(message) {
    this.messages.push(message);
    this.#heard.emit("frame");
    const { type, id } = message;
    if (this.lost_requests.has(type)) return;
    const refusal = this.refusals.get(type);
    if (refusal !== undefined) {
      this.refusals.delete(type);
      this.say({ type: "error", ...refusal, id });
      return;
    }
    if (type === "hello") {
      const from = message.stream === undefined || message.stream === this.#stream_name() ? message.output_offset : 0;
      this.#welcome(from);
      if (from < this.#output.length) this.#page?.send(encode_frame(from, this.#output.subarray(from)));
    } else if (type === "start_task") {
      if (!this.is_starting) return;
      this.#stream++;
      this.#output = Buffer.alloc(0);
      this.input = "";
      this.study = { ...this.study, state: "running", state_number: this.study.state_number + 1, previous: null, task: { ...this.study.task, time_left_in_seconds: this.study.task.duration_in_seconds } };
      this.#welcome(0, id);
      this.print("$ ");
    } else if (type === "reset") {
      this.print("\x1bc$ ");
      this.say({ type: "done", id });
    } else if (type === "give_up") {
      this.end_task("gave_up");
      this.say({ type: "done", id });
    } else if (type === "step_answer") {
      if (message.step === this.study.step?.id) this.study.step.answers = { ...this.study.step.answers, [message.field]: message.value };
    } else if (type === "step_done") {
      this.say({ type: "done", id });
      const next = this.script.shift();
      if (next !== undefined) this.change({ previous: null, ...next });
    } else if (type === "submit") {
      this.say({ type: "done", id });
    } else if (type === "show_solution") {
      this.say({ type: "solution", id, lines: this.solution });
    } else if (type === "withdraw") {
      this.say({ type: "done", id });
      this.change({ state: "finished", task: /** @type {any} */ (null), outcome: "withdrew" });
    } else if (type === "ping") {
      this.say({ type: "pong", t: message.t, input_offset: this.input.length, output_offset: this.#output.length, state_number: this.study.state_number });
    }
  }

  /** Ends the running task: the next one is ready, or the study is finished. @param {string} state */
  end_task(state) {
    const { task } = this.study;
    const previous = { number: task.number, state };
    const outcomes = [...(this.study.outcomes ?? []), previous];
    this.#output = Buffer.alloc(0);
    if (task.number === task.total) this.change({ state: "finished", task: /** @type {any} */ (null), previous, outcomes });
    else this.change({ state: "ready", task: { ...task, number: task.number + 1, time_left_in_seconds: null }, previous, outcomes });
  }

  #stream_name() {
    return this.study.state === "running" ? `s${this.#stream}` : "";
  }

  /** @param {number} output_offset @param {number} [id] */
  #welcome(output_offset, id) {
    this.say({
      type: "welcome",
      stream: this.#stream_name(),
      input_offset: this.input.length,
      output_offset,
      answered_offset: this.#output.length,
      state: this.study,
      id,
    });
  }
}

/**
 * @typedef {object} FakeStudy
 * @property {string} state
 * @property {number} state_number
 * @property {any} task A TaskState, or null.
 * @property {{number: number, state: string} | null} previous
 * @property {{number: number, state: string}[]} [outcomes]
 * @property {any} [step]
 * @property {{title?: string, contact?: string, trial_run?: boolean}} [study]
 * @property {string} [withdrawal]
 * @property {string} [outcome] This and the rest when finished.
 * @property {string} [text]
 * @property {string} [code]
 * @property {string} [redirect]
 */

/** @param {import("node:http").ServerResponse} response @param {object} body */
function give(response, body) {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(body));
}

/** @param {import("node:http").ServerResponse} response @param {number} status @param {string} code */
function refuse(response, status, code) {
  response.statusCode = status;
  give(response, { error: { code, message: code } });
}
