/** Control characters (C0, DEL and C1) except tab, carriage return and line feed. */
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** U+2400, of Unicode's pictures of the C0 characters. */
const FIRST_PICTURE = 0x2400;
const DEL = 0x7f;
const PICTURE_OF_DEL = "\u2421";
const REPLACEMENT = "\ufffd";

/**
 * Makes text from the clipboard safe to type at a terminal. A control character in it would act like a key: ESC [201~ ends a
 * bracketed paste, so that the rest runs at once, and Ctrl+C discards what was pasted before it. Each is replaced by its
 * visible picture ("␛"), which does nothing; C1 characters have none and become U+FFFD.
 * @param {string} text
 * @returns {{text: string, replaced: number}} `replaced`: how many characters were replaced.
 */
export function make_pasteable(text) {
  let replaced = 0;
  const safe = text.replace(CONTROL_CHARACTERS, (character) => {
    replaced++;
    const code = character.charCodeAt(0);
    if (code === DEL) return PICTURE_OF_DEL;
    return code < DEL ? String.fromCharCode(FIRST_PICTURE + code) : REPLACEMENT;
  });
  return { text: safe, replaced };
}
