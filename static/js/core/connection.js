import { CLOSE_REPLACED, CLOSE_WRONG_PARTICIPANT, SUBPROTOCOL } from "./protocol.js";

const FIRST_DELAY = 200;
const MAX_DELAY = 5000;
/** An attempt to connect fails after this time. */
const CONNECT_TIME = 10_000;
/** An attempt without an answer for this long may have begun before the network was available. */
const STALE_ATTEMPT = 2000;
const PING_INTERVAL = 10_000;
/** Time for the answer to a regular ping. */
const PONG_TIME = 5000;
/** Time for the answer to a probe: a ping that is sent because an answer is overdue or the machine may be offline. */
const PROBE_PONG_TIME = 2000;
/** The status becomes `waiting` if a probe has no answer after this time plus two round trips. */
const QUIET_TIME = 250;

/** Reason of a lost connection: the server accepts the login, and its WebSocket does not open. */
export const WEBSOCKET_REFUSED = "websocket refused";

const WEBSOCKET_OPEN = 1;

/**
 * @typedef {object} ConnectionStatus
 * @property {"connecting" | "greeting" | "connected" | "waiting" | "lost" | "replaced" | "refused" | "stopped"} name
 *     `greeting`: the socket is open and `welcome` has not arrived. `waiting`: connected, and an answer of the server is
 *     overdue. `lost`: the next attempt is at `retry_at`. `refused`: the server no longer accepts this page.
 * @property {number} attempt Number of attempts since the last `welcome`.
 * @property {number} retry_at On the clock of the timers; 0 unless `lost`.
 * @property {string} reason Why it was lost or replaced, in a word or two; of `refused` a Verdict; else empty.
 *
 * @typedef {"admitted" | "unknown_access_code" | "cookies_blocked" | "bad_id" | "closed" | "full" | "already_joined"} Verdict The
 *     last four: of an open link.
 *
 * @typedef {object} ConnectionEvents
 * @property {() => void} on_open The socket is open: send `hello`.
 * @property {(frame: string | ArrayBuffer) => void} on_frame If it throws, the connection is closed and opened again.
 * @property {() => void} on_closed
 * @property {(status: ConnectionStatus) => void} on_status
 *
 * @typedef {object} ConnectionOptions
 * @property {() => string} url Called before each attempt.
 * @property {(url: string, protocol: string) => WebSocket} open_socket
 * @property {(logs_in_first: boolean) => Promise<Verdict>} authorize Called before an attempt that follows a failed one. It
 *     throws if the server cannot be asked; `code` of the error is the server's reason, if there is one.
 * @property {import("./timers.js").Timers} timers
 * @property {() => number} random From 0 to 1.
 * @property {() => boolean} is_online False if the machine knows that it has no network.
 */

/**
 * A WebSocket that reconnects. The wait grows after each failure, with jitter so that many pages do not reconnect at the same
 * moment. Pings detect a dead connection. It does not reconnect after a newer tab took over.
 */
export class Connection {
  #options;
  #events;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ConnectionStatus} */
  #status = { name: "stopped", attempt: 0, retry_at: 0, reason: "" };
  /** Number of all attempts; identifies callbacks of an earlier attempt. */
  #generation = 0;
  #ask_first = false;
  #has_wrong_cookie = false;
  #attempted_at = 0;
  /** Fires at the next attempt, the end of an attempt, the next ping, or the deadline of the pong. @type {unknown} */
  #timer = undefined;
  #awaits_pong = false;
  #is_probing = false;
  /** Fires when the status becomes `waiting`. @type {unknown} */
  #silence_timer = undefined;
  #pinged_at = 0;
  /** The last one, in milliseconds. */
  #round_trip = 0;

  /** @param {ConnectionOptions} options @param {ConnectionEvents} events */
  constructor(options, events) {
    this.#options = options;
    this.#events = events;
  }

  get status() {
    return this.#status;
  }

  /** Connects, also after `replaced` and `refused`. Does nothing if it is connected or connecting. */
  start() {
    if (this.#socket !== null || this.#status.name === "connecting") return;
    this.#status = { ...this.#status, name: "stopped", attempt: 0, retry_at: 0 };
    this.#attempt();
  }

  stop() {
    this.#drop_socket();
    this.#set_status("stopped");
  }

  /** `welcome` has arrived: resets the number of attempts. */
  welcomed() {
    this.#set_status("connected", { attempt: 0, reason: "" });
    this.#ping_later();
  }

  /** A newer tab took over. */
  replaced() {
    this.#drop_socket();
    this.#set_status("replaced", { reason: "opened elsewhere" });
  }

  /** Checks the connection or reconnects at once: the page became visible, or the network is back. */
  check_now() {
    if (this.#status.name === "lost") {
      this.#attempt();
    } else if (this.#status.name === "connecting" || this.#status.name === "greeting") {
      if (this.#options.timers.now() - this.#attempted_at < STALE_ATTEMPT) return;
      this.#drop_socket();
      this.#attempt();
    } else {
      this.probe();
    }
  }

  /** Sends a ping with a short deadline: an answer is overdue, or the machine may be offline. */
  probe() {
    if (this.#status.name !== "connected" || this.#is_probing) return;
    this.#ping(PROBE_PONG_TIME, QUIET_TIME);
    this.#is_probing = true;
  }

  /** @param {string | Uint8Array<ArrayBuffer>} frame @returns {boolean} Whether the socket was open. */
  send(frame) {
    if (this.#socket === null || this.#socket.readyState !== WEBSOCKET_OPEN) return false;
    this.#socket.send(frame);
    return true;
  }

  async #attempt() {
    const generation = ++this.#generation;
    this.#clear_timer();
    this.#attempted_at = this.#options.timers.now();
    this.#timer = this.#options.timers.set(() => this.#lose("no answer"), CONNECT_TIME);
    this.#set_status("connecting", { attempt: this.#status.attempt + 1 });
    const is_asked = this.#ask_first;
    if (is_asked && !(await this.#is_admitted(generation))) return;

    const socket = this.#options.open_socket(this.#options.url(), SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#ask_first = true;
    const is_current = () => this.#socket === socket;
    socket.addEventListener("open", () => {
      if (!is_current()) return;
      this.#ask_first = false;
      this.#set_status("greeting");
      this.#events.on_open();
    });
    socket.addEventListener("message", (event) => {
      if (is_current()) this.#receive(event.data);
    });
    socket.addEventListener("close", (event) => {
      if (!is_current()) return;
      if (event.code === CLOSE_WRONG_PARTICIPANT) this.#ask_first = this.#has_wrong_cookie = true;
      if (event.code === CLOSE_REPLACED) this.replaced();
      else if (is_asked && this.#ask_first) this.#lose(WEBSOCKET_REFUSED);
      else this.#lose(`close ${event.code} ${event.reason ?? ""}`.trim());
    });
  }

  /** @param {number} generation @returns {Promise<boolean>} */
  async #is_admitted(generation) {
    /** @type {Verdict | null} */
    let verdict = null;
    let failure = "";
    try {
      verdict = await this.#options.authorize(this.#has_wrong_cookie);
    } catch (error) {
      failure = error instanceof Error && "code" in error ? String(error.code) : "";
    }
    if (generation !== this.#generation) return false;
    if (verdict === null) {
      this.#lose(failure || "no answer");
    } else if (verdict !== "admitted") {
      this.#clear_timer();
      this.#set_status("refused", { reason: verdict });
    } else {
      this.#has_wrong_cookie = false;
    }
    return verdict === "admitted";
  }

  /** @param {string | ArrayBuffer} frame */
  #receive(frame) {
    if (this.#awaits_pong) this.#confirm_alive();
    try {
      this.#events.on_frame(frame);
    } catch (error) {
      console.error(error);
      this.#lose("unreadable frame");
    }
  }

  #confirm_alive() {
    this.#round_trip = this.#options.timers.now() - this.#pinged_at;
    this.#ping_later();
    if (this.#status.name === "waiting") this.#set_status("connected");
  }

  #ping_later() {
    this.#clear_timer();
    this.#stop_waiting();
    this.#timer = this.#options.timers.set(() => this.#ping(PONG_TIME, PROBE_PONG_TIME), PING_INTERVAL);
  }

  /** @param {number} pong_time Deadline of the answer. @param {number} silence Time until the status becomes `waiting`; both in milliseconds. */
  #ping(pong_time, silence) {
    const { timers } = this.#options;
    this.#clear_timer();
    this.#stop_waiting();
    this.#pinged_at = timers.now();
    this.send(JSON.stringify({ type: "ping", t: Math.round(this.#pinged_at * 1000) / 1000 }));
    this.#awaits_pong = true;
    this.#timer = timers.set(() => this.#lose("ping timeout"), pong_time);
    this.#silence_timer = timers.set(() => this.#set_status("waiting"), silence + 2 * this.#round_trip);
  }

  #stop_waiting() {
    this.#awaits_pong = this.#is_probing = false;
    this.#options.timers.clear(this.#silence_timer);
    this.#silence_timer = undefined;
  }

  /** @param {string} reason */
  #lose(reason) {
    this.#drop_socket();
    const spread = 0.5 + this.#options.random() / 2;
    const delay = spread * Math.min(MAX_DELAY, FIRST_DELAY * 2 ** Math.max(0, this.#status.attempt - 1));
    this.#set_status("lost", {
      retry_at: this.#options.timers.now() + delay,
      reason: this.#options.is_online() ? reason : "offline",
    });
    this.#timer = this.#options.timers.set(() => this.#attempt(), delay);
  }

  #drop_socket() {
    this.#generation++;
    this.#clear_timer();
    this.#stop_waiting();
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.close();
    this.#events.on_closed();
  }

  #clear_timer() {
    this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  /** @param {ConnectionStatus["name"]} name @param {Partial<ConnectionStatus>} [more] */
  #set_status(name, more = {}) {
    this.#status = { ...this.#status, retry_at: 0, ...more, name };
    this.#events.on_status(this.#status);
  }
}
