/** Time zones that the server accepts: names and single slashes, as in "America/Argentina/Buenos_Aires". */
const pattern = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z][A-Za-z0-9_+-]*)*$/;

/**
 * The participant's time zone, or undefined if the browser has none that the server accepts; some browsers name an offset.
 * @param {string | undefined} [name]
 * @returns {string | undefined}
 */
export function find_timezone(name = Intl.DateTimeFormat().resolvedOptions().timeZone) {
  return name !== undefined && name.length <= 64 && pattern.test(name) ? name : undefined;
}
