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
 * The path in front of the server's own, where a proxy offers the server under one.
 * @param {string} module_url The address of one of the page's files.
 * @returns {string} As "/study", or empty.
 */
export function base_path(module_url) {
  const { pathname } = new URL(module_url);
  return pathname.slice(0, Math.max(0, pathname.lastIndexOf("/static/")));
}

/**
 * The few things that go over plain HTTP. Each throws an ApiError when the server says no, and another Error when it
 * cannot be reached.
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
   * Lets the participant in: the browser holds the cookie afterwards.
   * @param {string} access_code
   * @returns {Promise<string>} The participant's key, by which a page says whose it is; empty from an older server.
   */
  async login(access_code) {
    const body = await this.#request(LOGIN_PATH, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ access_code }),
    });
    const { participant } = /** @type {{participant?: unknown}} */ (body ?? {});
    return typeof participant === "string" ? participant : "";
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
