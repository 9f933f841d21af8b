import { ApiError } from "../core/api.js";

/** @import { Api } from "../core/api.js" */
/** @import { Verdict } from "../core/connection.js" */

/** Why the server does not accept an access code or an open link. @type {Verdict[]} */
const REFUSALS = ["unknown_access_code", "bad_id", "closed", "full", "already_joined"];

/**
 * The participant of this page, given by the access code or the open link in its address. All tabs of a browser share their
 * cookies, and another tab may belong to another participant, so each request names the participant.
 */
export class Identity {
  #api;
  #enter;
  #participant = "";

  /** @param {Api} api @param {() => Promise<string>} enter Logs in or joins, and returns the participant's key. */
  constructor(api, enter) {
    this.#api = api;
    this.#enter = enter;
  }

  /** The participant's key; empty before the first login. */
  get participant() {
    return this.#participant;
  }

  /** @returns {Promise<void>} Rejected as Api.login() and Api.join() are. */
  async log_in() {
    this.#participant = await this.#enter();
  }

  /**
   * Continues as a participant who has logged in before in this browser.
   * @param {string} participant The key.
   * @returns {Promise<boolean>} Whether the cookie is still valid. Rejected if the server cannot be asked.
   */
  async resume(participant) {
    this.#participant = participant;
    return this.#has_cookie();
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
      const verdict = error instanceof ApiError ? REFUSALS.find((code) => code === error.code) : undefined;
      if (verdict === undefined) throw error;
      return verdict;
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
