import { ApiError } from "../core/api.js";
import { WEBSOCKET_REFUSED } from "../core/connection.js";

/**
 * @typedef {object} Refusal
 * @property {"unreachable" | "cookies" | "wrong_address" | "not_found" | "not_ready" | "bad_id" | "closed" | "full" | "already_joined"} card
 * @property {string} heading
 * @property {string} sentence
 * @property {string} detail For the people who run the study; may be empty.
 * @property {boolean} [is_final] Nothing changes if the page tries again.
 */

const SETUP_MISTAKE = "This is a mistake in the setup of the study, not yours. Please tell the people who run this study.";

/** Why an open link lets nobody in. @type {Record<string, Refusal>} */
const LINK_REFUSALS = {
  bad_id: {
    card: "bad_id",
    heading: "This link is not complete",
    sentence: "The study cannot tell from the link who you are. Open the study again from where you were invited, with the whole link.",
    detail: "",
    is_final: true,
  },
  closed: { card: "closed", heading: "The study is closed", sentence: "It takes no new participants. Thank you for your interest.", detail: "" },
  full: { card: "full", heading: "The study is full", sentence: "It has as many participants as it needs. Thank you for your interest.", detail: "" },
  already_joined: {
    card: "already_joined",
    heading: "Someone has already joined with this link",
    sentence:
      "If that was you, continue in the browser in which you began, on the same device and not in a private window. If you cannot, or if it was not you, please tell the people who run this study.",
    detail: "",
  },
};

/**
 * Whether another access code can help.
 * @param {unknown} reason The error of a request, or a Verdict.
 * @returns {number | null} Seconds until the server accepts another code; null if no code helps.
 */
export function wait_for_code(reason) {
  if (reason === "unknown_access_code") return 0;
  if (!(reason instanceof ApiError)) return null;
  if (reason.status === 401) return 0;
  return reason.status === 429 ? reason.retry_after : null;
}

/**
 * Why the server refuses a page, if no access code helps. Each cause has its own sentence, because each has its own remedy.
 * @param {unknown} reason The error of a request, or a Verdict.
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
  const code = reason instanceof ApiError ? reason.code : String(reason);
  // The server says what a link lacks. Of the other causes it would only repeat the sentence.
  if (code === "bad_id" && reason instanceof ApiError) return { ...LINK_REFUSALS.bad_id, detail: reason.message };
  if (Object.hasOwn(LINK_REFUSALS, code)) return LINK_REFUSALS[code];
  if (!(reason instanceof ApiError)) {
    return {
      card: "unreachable",
      heading: "We cannot reach the study",
      sentence: "The server did not answer. Your network may be down, or the study may not be running. Your work is not lost.",
      detail: reason instanceof Error ? reason.message : String(reason),
    };
  }
  const detail = `${reason.message} (${reason.status})`;
  if (reason.code === "cross_origin") {
    return {
      card: "wrong_address",
      heading: "The study does not accept this address",
      sentence: `The server refuses pages from ${origin}. ${SETUP_MISTAKE}`,
      detail,
    };
  }
  if (reason.status === 404) {
    return {
      card: "not_found",
      heading: "The study is not at this address",
      sentence: `The server at ${origin} answers, but the study is not there. Check your link. If it is correct, please tell the people who run this study.`,
      detail,
    };
  }
  return {
    card: "not_ready",
    heading: "The study is not ready",
    sentence: "The server cannot let you in right now. Try again in a minute. Your work is not lost.",
    detail,
  };
}

/**
 * The same in one line, while the page keeps trying.
 * @param {{reason: string, attempt: number}} status Of a lost connection.
 * @returns {string} Empty if the general sentence fits.
 */
export function loss_in_words({ reason: code, attempt }) {
  if (code === "cross_origin") return "The server does not accept this page's address. Trying again…";
  if (code === "not_found") return "The study is no longer at this address. Trying again…";
  // The first failures may only mean that the server is restarting.
  if (code === WEBSOCKET_REFUSED && attempt >= 3) return "The server answers, but something on the network blocks the live connection (WebSocket). Trying again…";
  return "";
}
