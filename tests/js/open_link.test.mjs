import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError } from "../../static/js/core/api.js";
import { FakeTimers } from "./support/fake_timers.mjs";
import { part } from "./support/fake_page.mjs";

const { PlainPage } = await import("../../static/js/app/plain_page.js");
const { show_welcome } = await import("../../static/js/app/welcome_screen.js");
const { browser_key, fragment_of, participant_in } = await import("../../static/js/app/open_link.js");

/** @param {Record<string, string>} [kept] @returns {any} */
const make_storage = (kept = {}) => ({ kept, getItem: (/** @type {string} */ name) => kept[name] ?? null, setItem: (/** @type {string} */ name, /** @type {string} */ value) => (kept[name] = value) });
/** @param {number} byte */
const bytes = (byte) => (/** @type {number} */ length) => new Uint8Array(length).fill(byte);

test("a browser has one key, even if it keeps nothing or keeps something else", () => {
  const storage = make_storage();
  const key = browser_key(() => storage, bytes(10));
  assert.equal(key, "0a".repeat(16));
  assert.equal(browser_key(() => storage, bytes(11)), key);
  storage.kept.tellina_browser_key = "<script>";
  assert.equal(browser_key(() => storage, bytes(12)), "0c".repeat(16));
  const forbidden = () => {
    throw new DOMException("no", "SecurityError");
  };
  assert.equal(browser_key(forbidden, bytes(13)), "0d".repeat(16));
});

test("the address of a page that is loaded again names its participant, and nothing else", () => {
  assert.equal(participant_in(fragment_of("17")), "17");
  for (const fragment of ["", "#", "#participant=", "#participant=1&x", "#x#participant=1"]) assert.equal(participant_in(fragment), "");
});

/** @param {Error[]} errors Of the joins, in order. */
function welcome(...errors) {
  const timers = new FakeTimers();
  /** @type {{joins: number, refused: unknown[]}} */
  const seen = { joins: 0, refused: [] };
  show_welcome(new PlainPage(), {
    title: "Finding files",
    join: async () => {
      seen.joins++;
      const error = errors.shift();
      if (error) throw error;
    },
    on_refused: (error) => seen.refused.push(error),
    timers,
  });
  return { timers, seen, screen: part("screen"), button: part("screen").button("Take part") };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the welcome page asks nothing of the server before its button is pressed, and once then", async () => {
  const { seen, screen, button } = welcome();
  assert.match(screen.textContent, /Finding files.*invited to take part/s);
  assert.equal(seen.joins, 0);
  for (let i = 0; i < 3; ++i) button.click();
  await settled();
  assert.deepEqual(seen, { joins: 1, refused: [] });
});

test("many people at once only wait", async () => {
  const { timers, seen, screen, button } = welcome(new ApiError(429, "too_many_joins", "no", 12));
  button.click();
  await settled();
  assert.match(screen.textContent, /Many people join at this moment\. Try again in 12 seconds\./);
  button.click();
  assert.equal(seen.joins, 1);
  timers.advance(12_000);
  button.click();
  await settled();
  assert.deepEqual(seen, { joins: 2, refused: [] });
});

test("any other refusal is passed on", async () => {
  const closed = new ApiError(403, "closed", "no");
  const { seen, button } = welcome(closed);
  button.click();
  await settled();
  assert.deepEqual(seen.refused, [closed]);
});
