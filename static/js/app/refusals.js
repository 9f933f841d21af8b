import { ApiError } from "../core/api.js";
import { WEBSOCKET_REFUSED } from "../core/connection.js";

/**
 * @typedef {object} Refusal
 * @property {"unreachable" | "cookies" | "wrong_address" | "not_found" | "not_ready"} card
 * @property {string} heading
 * @property {string} sentence
 * @property {string} detail For the people who run the study; may be empty.
 */

const TELL_THEM = "This is a mistake in the setup of the study, not yours. Please tell the people who run it.";

/**
 * Whether another access code may help.
 * @param {unknown} reason What a request was rejected with, or a Verdict.
 * @returns {number | null} After how many seconds the server takes one; null where no code helps.
 */
export function wait_for_code(reason) {
  if (reason === "unknown_access_code") return 0;
  if (!(reason instanceof ApiError)) return null;
  if (reason.status === 401) return 0;
  return reason.status === 429 ? reason.retry_after : null;
}

/**
 * Why a page is not let in, where no access code helps. Each cause has words of its own, as each has another remedy.
 * @param {unknown} reason What a request was rejected with, or a Verdict.
 * @param {string} origin Of this page.
 * @returns {Refusal}
 */
export function refusal_in_words(reason, origin) {
  if (reason === "cookies_blocked") {
    return {
      card: "cookies",
      heading: "This study needs cookies",
      sentence: "Your browser does not send this page's cookie back, so the server cannot tell who you are. Allow cookies for this site, then try again.",
      detail: "",
    };
  }
  if (!(reason instanceof ApiError)) {
    return {
      card: "unreachable",
      heading: "The study cannot be reached",
      sentence: "The server did not answer. Your network may be down, or the study is not running at the moment. Nothing of yours is lost.",
      detail: reason instanceof Error ? reason.message : String(reason),
    };
  }
  const detail = `${reason.message} (${reason.status})`;
  if (reason.code === "cross_origin") {
    return {
      card: "wrong_address",
      heading: "The study does not accept this address",
      sentence: `The server refuses pages from ${origin}. ${TELL_THEM}`,
      detail,
    };
  }
  if (reason.status === 404) {
    return {
      card: "not_found",
      heading: "The study is not at this address",
      sentence: `The server at ${origin} answers, but the study is not there. Please check your link. If the link is right, please tell the people who run the study.`,
      detail,
    };
  }
  return {
    card: "not_ready",
    heading: "The study is not ready",
    sentence: "The server answered that it cannot let you in now. Please try again in a minute. Nothing of yours is lost.",
    detail,
  };
}

/**
 * The same in a line, while the page keeps trying by itself.
 * @param {{reason: string, attempt: number}} status Of a connection that was lost.
 * @returns {string} Empty where the cause needs no words of its own.
 */
export function loss_in_words({ reason: code, attempt }) {
  if (code === "cross_origin") return "The server does not accept this page's address. Trying again…";
  if (code === "not_found") return "The study is not at this address now. Trying again…";
  // Once or twice the server may just have ended.
  if (code === WEBSOCKET_REFUSED && attempt >= 3) return "The server answers, but something between blocks the live connection (WebSocket). Trying again…";
  return "";
}
