import { ApiError } from "../core/api.js";

/** @import { Api } from "../core/api.js" */
/** @import { Verdict } from "../core/connection.js" */

/**
 * The participant of this page, given by the access code in its address. All tabs of a browser share their cookies, and
 * another tab may belong to another participant, so each request names the participant.
 */
export class Identity {
  #api;
  #access_code;
  #participant = "";

  /** @param {Api} api @param {string} access_code */
  constructor(api, access_code) {
    this.#api = api;
    this.#access_code = access_code;
  }

  /** The participant's key; empty before the first login. */
  get participant() {
    return this.#participant;
  }

  /** @returns {Promise<void>} Rejected as Api.login() is. */
  async log_in() {
    this.#participant = await this.#api.login(this.#access_code);
  }

  /**
   * Whether the server still accepts this page. Logs in again if the cookie is missing and the code is valid.
   * @param {boolean} logs_in_first The cookie is another participant's.
   * @returns {Promise<Verdict>} Rejected if the server cannot be asked.
   */
  async authorize(logs_in_first) {
    if (!logs_in_first && (await this.#has_cookie())) return "admitted";
    try {
      await this.log_in();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return "unknown_access_code";
      throw error;
    }
    return (await this.#has_cookie()) ? "admitted" : "cookies_blocked";
  }

  /** Whether the browser sends a valid cookie of this participant. */
  async #has_cookie() {
    try {
      await this.#api.study(this.#participant);
      return true;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.code === "wrong_participant")) return false;
      throw error;
    }
  }
}
