/** Control characters but tab, carriage return and line feed: C0, DEL and C1. */
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

/** U+2400, of Unicode's pictures of the C0 characters. */
const FIRST_PICTURE = 0x2400;
const DEL = 0x7f;
const PICTURE_OF_DEL = "\u2421";
const REPLACEMENT = "\ufffd";

/**
 * Text from the clipboard as it may be typed at a terminal. A control character in it would act as a key does: ESC [201~
 * ends a bracketed paste, so that what follows runs at once, and Ctrl+C throws away what was pasted before it. Each is
 * replaced by its picture ("␛"), which can be seen and does nothing; C1 characters have none and become U+FFFD.
 * @param {string} text
 * @returns {{text: string, replaced: number}} `replaced`: how many characters were.
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
