import { ABOUT_PATH, is_study_state, LOGIN_PATH, STUDY_PATH } from "./protocol.js";

/** @import { StudyAbout, StudyState } from "./protocol.js" */

/** A request that takes longer than this, in milliseconds, is given up. */
const REQUEST_TIME = 10_000;

/** A request was answered with something other than success. */
export class ApiError extends Error {
  /**
   * @param {number} status Of HTTP. @param {string} code @param {string} message
   * @param {number} [retry_after] Seconds after which the server wants to be asked again; 0 where it does not say.
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
 * The few things that go over plain HTTP. Each throws an ApiError when the server says no, and another Error when it
 * cannot be reached.
 */
export class Api {
  #fetch;

  /** @param {typeof fetch} fetch_function */
  constructor(fetch_function) {
    this.#fetch = fetch_function;
  }

  /** Lets the participant in: the browser holds the cookie afterwards. @param {string} access_code */
  async login(access_code) {
    await this.#request(LOGIN_PATH, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ access_code }),
    });
  }

  /** @returns {Promise<StudyAbout>} Needs no login. */
  async about() {
    return /** @type {StudyAbout} */ ((await this.#request(ABOUT_PATH, { cache: "no-store" })) ?? {});
  }

  /** @returns {Promise<StudyState>} */
  async study() {
    const state = await this.#request(STUDY_PATH, { cache: "no-store" });
    if (!is_study_state(state)) throw new Error(`${STUDY_PATH} did not answer with the state of the study`);
    return state;
  }

  /** @param {string} path @param {RequestInit} options @returns {Promise<unknown>} */
  async #request(path, options) {
    const response = await this.#fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(REQUEST_TIME), ...options });
    const body = await response.json().catch(() => null);
    if (response.ok) return body;
    const retry_after = Number(response.headers.get("Retry-After")) || 0;
    throw new ApiError(response.status, body?.error?.code ?? "", body?.error?.message ?? response.statusText, retry_after);
  }
}
