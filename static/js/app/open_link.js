/** In hexadecimal: 128 bits, so nobody guesses it. */
const KEY_BYTES = 16;
const KEY_NAME = "tellina_browser_key";
const KEY_FORM = /^[0-9a-f]{32}$/;
const PARTICIPANT_FORM = /^#participant=([\w-]+)$/;

/**
 * A secret of this browser. If the answer to a join is lost, or the cookie, it shows that the next request comes from the same
 * browser. It is made when it is needed, and kept if the browser lets pages keep anything.
 * @param {() => Storage} storage May throw. @param {(length: number) => Uint8Array} random_bytes
 * @returns {string}
 */
export function browser_key(storage, random_bytes) {
  const key = [...random_bytes(KEY_BYTES)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const kept = storage().getItem(KEY_NAME);
    if (kept !== null && KEY_FORM.test(kept)) return kept;
    storage().setItem(KEY_NAME, key);
  } catch {
    // The key lasts as long as the page.
  }
  return key;
}

/**
 * The participant whose page had this address before it was loaded again. A fragment is not sent to the server, and is no
 * parameter of the link.
 * @param {string} fragment With "#". @returns {string} The key, or nothing.
 */
export function participant_in(fragment) {
  return PARTICIPANT_FORM.exec(fragment)?.[1] ?? "";
}

/** @param {string} participant The key. */
export function fragment_of(participant) {
  return `#participant=${participant}`;
}
