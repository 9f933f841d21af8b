/** @import { Session } from "../core/session.js" */

const LEFT_AT = "tellina.left_at";

/**
 * Whether the page can be seen and has the keyboard, and when it was left: for the record of the study.
 * @param {Session} session
 */
export function observe_person(session) {
  const tell_visibility = () => session.observe({ kind: "visibility", visible: document.visibilityState === "visible" });
  const tell_focus = () => session.observe({ kind: "focus", focused: document.hasFocus() });
  tell_return(session);
  tell_visibility();
  tell_focus();
  document.addEventListener("visibilitychange", tell_visibility);
  window.addEventListener("focus", tell_focus);
  window.addEventListener("blur", tell_focus);
  window.addEventListener("pagehide", () => {
    remember((storage) => storage.setItem(LEFT_AT, String(Date.now())));
    session.leave();
  });
}

/** This tab had the page before, was left or loaded anew, and is back. @param {Session} session */
function tell_return(session) {
  const left_at = remember((storage) => Number(storage.getItem(LEFT_AT)));
  if (!left_at) return;
  remember((storage) => storage.removeItem(LEFT_AT));
  session.observe({ kind: "disconnected", reason: "page left", milliseconds: Math.max(0, Date.now() - left_at) });
}

/** @template T @param {(storage: Storage) => T} use @returns {T | undefined} Nothing where the browser keeps nothing. */
function remember(use) {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}
