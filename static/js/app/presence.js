/** @import { Session } from "../core/session.js" */

const LEFT_AT = "tellina.left_at";

/**
 * Reports for the record whether the page is visible and focused, and for how long it was closed.
 * @param {Session} session
 */
export function report_presence(session) {
  const report_visibility = () => session.observe({ kind: "visibility", visible: document.visibilityState === "visible" });
  const report_focus = () => session.observe({ kind: "focus", focused: document.hasFocus() });
  report_return(session);
  report_visibility();
  report_focus();
  document.addEventListener("visibilitychange", report_visibility);
  window.addEventListener("focus", report_focus);
  window.addEventListener("blur", report_focus);
  window.addEventListener("pagehide", () => {
    remember((storage) => storage.setItem(LEFT_AT, String(Date.now())));
    session.leave();
  });
}

/** Reports how long this tab was away from the page, or how long a reload took. @param {Session} session */
function report_return(session) {
  const left_at = remember((storage) => Number(storage.getItem(LEFT_AT)));
  if (!left_at) return;
  remember((storage) => storage.removeItem(LEFT_AT));
  session.observe({ kind: "disconnected", reason: "page left", milliseconds: Math.max(0, Date.now() - left_at) });
}

/** @template T @param {(storage: Storage) => T} use @returns {T | undefined} Undefined if the browser has no storage. */
function remember(use) {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}
