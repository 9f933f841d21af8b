import { CLOSE_REPLACED, CLOSE_WRONG_PARTICIPANT, SUBPROTOCOL } from "./protocol.js";

const FIRST_DELAY = 200;
const LONGEST_DELAY = 5000;
/** An attempt to connect that takes longer than this is given up. */
const CONNECT_TIME = 10_000;
/** An attempt that has no answer for this long may have begun before the network was there. */
const STALE_ATTEMPT = 2000;
const PING_INTERVAL = 10_000;
/** For the answer to a ping that nothing has brought about. */
const PONG_TIME = 5000;
/** For the answer to a ping that is sent because the connection is in doubt. */
const DOUBTFUL_PONG_TIME = 2000;
/** An answer that comes within this time, and twice the last round trip, comes before anything is said of the doubt. */
const SILENCE = 250;

/** Why a connection was lost: the server lets us in, and its WebSocket does not open. */
export const WEBSOCKET_REFUSED = "websocket refused";

const WEBSOCKET_OPEN = 1;

/**
 * @typedef {object} ConnectionStatus
 * @property {"connecting" | "greeting" | "connected" | "waiting" | "lost" | "replaced" | "refused" | "stopped"} name
 *     `greeting`: the socket is open but the server has not welcomed us yet. `waiting`: connected, and the server does not
 *     answer. `lost`: broken, and the next attempt is `retry_at`. `refused`: the server no longer lets us in.
 * @property {number} attempt How many attempts have been made since the connection was last good.
 * @property {number} retry_at On the clock of the timers; 0 unless `lost`.
 * @property {string} reason Why it was lost or replaced, in a word or two; why it was refused, a Verdict; else empty.
 *
 * @typedef {"admitted" | "unknown_access_code" | "cookies_blocked"} Verdict
 *
 * @typedef {object} ConnectionEvents
 * @property {() => void} on_open The socket is open: greet.
 * @property {(frame: string | ArrayBuffer) => void} on_frame An exception out of it breaks the connection.
 * @property {() => void} on_closed
 * @property {(status: ConnectionStatus) => void} on_status
 *
 * @typedef {object} ConnectionOptions
 * @property {() => string} url Asked for before each attempt.
 * @property {(url: string, protocol: string) => WebSocket} open_socket
 * @property {(logs_in_first: boolean) => Promise<Verdict>} authorize Called before an attempt that follows a failed one. It
 *     throws when the server cannot be asked: an error with a `code` is the server's own word for why.
 * @property {import("./timers.js").Timers} timers
 * @property {() => number} random From 0 to 1.
 * @property {() => boolean} is_online False when the machine knows that it has no network.
 */

/**
 * A WebSocket that comes back by itself. It waits longer after each failure, with jitter so that a room full of pages
 * does not come back in step; it pings, and takes silence for a broken line; it stays away when a newer tab took over.
 */
export class Connection {
  #options;
  #events;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ConnectionStatus} */
  #status = { name: "stopped", attempt: 0, retry_at: 0, reason: "" };
  /** Counts attempts for good, so that what belongs to an earlier one is known. */
  #generation = 0;
  #ask_first = false;
  #has_wrong_cookie = false;
  #attempted_at = 0;
  /** Waits for: the next attempt, the end of an attempt, the next ping, or the pong. @type {unknown} */
  #timer = undefined;
  #waits_for_pong = false;
  #is_in_doubt = false;
  /** Waits for the moment at which to say that the server does not answer. @type {unknown} */
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

  /** Connects, also after `replaced` and `refused`; nothing when it is at it already. */
  start() {
    if (this.#socket !== null || this.#status.name === "connecting") return;
    this.#status = { ...this.#status, name: "stopped", attempt: 0, retry_at: 0 };
    this.#attempt();
  }

  stop() {
    this.#drop_socket();
    this.#set_status("stopped");
  }

  /** The server has welcomed us: the next loss is a new one. */
  welcomed() {
    this.#set_status("connected", { attempt: 0, reason: "" });
    this.#ping_later();
  }

  /** A newer tab took over. */
  replaced() {
    this.#drop_socket();
    this.#set_status("replaced", { reason: "opened elsewhere" });
  }

  /** Something happened after which it pays to look at once: the page became visible, the network came back. */
  nudge() {
    if (this.#status.name === "lost") {
      this.#attempt();
    } else if (this.#status.name === "connecting" || this.#status.name === "greeting") {
      if (this.#options.timers.now() - this.#attempted_at < STALE_ATTEMPT) return;
      this.#drop_socket();
      this.#attempt();
    } else {
      this.doubt();
    }
  }

  /** Something should have come by now, or the machine has lost its network: find out soon whether the server answers. */
  doubt() {
    if (this.#status.name !== "connected" || this.#is_in_doubt) return;
    this.#ping(DOUBTFUL_PONG_TIME, SILENCE);
    this.#is_in_doubt = true;
  }

  /** @param {string | Uint8Array<ArrayBuffer>} frame @returns {boolean} Whether there was a socket to send on. */
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
    if (is_asked && !(await this.#may_go_on(generation))) return;

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
  async #may_go_on(generation) {
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
    if (this.#waits_for_pong) this.#take_sign_of_life();
    try {
      this.#events.on_frame(frame);
    } catch (error) {
      console.error(error);
      this.#lose("unreadable frame");
    }
  }

  #take_sign_of_life() {
    this.#round_trip = this.#options.timers.now() - this.#pinged_at;
    this.#ping_later();
    if (this.#status.name === "waiting") this.#set_status("connected");
  }

  #ping_later() {
    this.#clear_timer();
    this.#stop_waiting();
    this.#timer = this.#options.timers.set(() => this.#ping(PONG_TIME, DOUBTFUL_PONG_TIME), PING_INTERVAL);
  }

  /** @param {number} pong_time For the answer. @param {number} silence Before anything is said; both in milliseconds. */
  #ping(pong_time, silence) {
    const { timers } = this.#options;
    this.#clear_timer();
    this.#stop_waiting();
    this.#pinged_at = timers.now();
    this.send(JSON.stringify({ type: "ping", t: Math.round(this.#pinged_at * 1000) / 1000 }));
    this.#waits_for_pong = true;
    this.#timer = timers.set(() => this.#lose("ping time-out"), pong_time);
    this.#silence_timer = timers.set(() => this.#set_status("waiting"), silence + 2 * this.#round_trip);
  }

  #stop_waiting() {
    this.#waits_for_pong = this.#is_in_doubt = false;
    this.#options.timers.clear(this.#silence_timer);
    this.#silence_timer = undefined;
  }

  /** @param {string} reason */
  #lose(reason) {
    this.#drop_socket();
    const spread = 0.5 + this.#options.random() / 2;
    const delay = spread * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.max(0, this.#status.attempt - 1));
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
