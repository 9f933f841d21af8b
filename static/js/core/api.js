import { ABOUT_PATH, is_study_state, JOIN_PATH, LOGIN_PATH, STUDY_PATH } from "./protocol.js";

/** @import { StudyAbout, StudyState } from "./protocol.js" */

/** In milliseconds. A request is cancelled after this time. */
const REQUEST_TIME = 10_000;

/** The server answered a request with an error. */
export class ApiError extends Error {
  /**
   * @param {number} status Of HTTP. @param {string} code @param {string} message
   * @param {number} [retry_after] Seconds after which to try again; 0 if the server does not say.
   */
  constructor(status, code, message, retry_after = 0) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.retry_after = retry_after;
  }
}

/**
 * The path below which a proxy serves the server.
 * @param {string} module_url The address of one of the page's files.
 * @returns {string} As "/study", or empty.
 */
export function base_path(module_url) {
  const { pathname } = new URL(module_url);
  return pathname.slice(0, Math.max(0, pathname.lastIndexOf("/static/")));
}

/**
 * The HTTP requests of the page. Each throws an ApiError if the server refuses, and another Error if the server cannot be
 * reached.
 */
export class Api {
  #fetch;
  #base;

  /** @param {typeof fetch} fetch_function @param {string} [base] In front of all paths. */
  constructor(fetch_function, base = "") {
    this.#fetch = fetch_function;
    this.#base = base;
  }

  /**
   * Logs the participant in: afterwards the browser has the cookie.
   * @param {string} access_code
   * @returns {Promise<string>} The participant's key, which the page sends with each request; empty from an older server.
   */
  login(access_code) {
    return this.#enter(LOGIN_PATH, { access_code });
  }

  /**
   * Makes the person who follows an open link a participant, or logs them in if they are one: afterwards the browser has the cookie.
   * @param {Record<string, string>} parameters Of the link.
   * @param {string} browser_key A secret by which this browser can repeat the request.
   * @returns {Promise<string>} The participant's key.
   */
  join(parameters, browser_key) {
    return this.#enter(JOIN_PATH, { parameters, browser_key });
  }

  /** @returns {Promise<StudyAbout>} Needs no login. */
  async about() {
    return /** @type {StudyAbout} */ ((await this.#request(ABOUT_PATH, { cache: "no-store" })) ?? {});
  }

  /** @param {string} participant The key, or nothing. @returns {Promise<StudyState>} */
  async study(participant) {
    const state = await this.#request(STUDY_PATH + participant_query(participant), { cache: "no-store" });
    if (!is_study_state(state)) throw new Error(`${STUDY_PATH} did not answer with the state of the study`);
    return state;
  }

  /** @param {string} path @param {object} content @returns {Promise<string>} */
  async #enter(path, content) {
    const body = await this.#request(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(content),
    });
    const { participant } = /** @type {{participant?: unknown}} */ (body ?? {});
    return typeof participant === "string" ? participant : "";
  }

  /** @param {string} path @param {RequestInit} options @returns {Promise<unknown>} */
  async #request(path, options) {
    const response = await this.#fetch(this.#base + path, { credentials: "same-origin", signal: AbortSignal.timeout(REQUEST_TIME), ...options });
    const body = await response.json().catch(() => null);
    if (response.ok) return body;
    const retry_after = Number(response.headers.get("Retry-After")) || 0;
    throw new ApiError(response.status, body?.error?.code ?? "", body?.error?.message ?? response.statusText, retry_after);
  }
}

/** @param {string} participant The key, or nothing. */
export function participant_query(participant) {
  return participant === "" ? "" : `?${new URLSearchParams({ participant })}`;
}
