import assert from "node:assert/strict";
import { test } from "node:test";

import { Display } from "../../static/js/app/display.js";

/** @param {string} [text] */
function storage(text) {
  const kept = new Map(text === undefined ? [] : [["tellina.display", text]]);
  return {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
  };
}

test("choices are stored, and subscribers get them", () => {
  const kept = storage();
  const display = new Display(() => kept);
  /** @type {string[]} */
  const heard = [];
  display.subscribe(({ theme, font_size }) => heard.push(`${theme} ${font_size}`));
  display.change({ theme: "dark" });
  display.change({ font_size: 99 });
  display.change({ task_width: 300.2 });
  assert.deepEqual(heard, ["system 15", "dark 15", "dark 32", "dark 32"]);
  assert.deepEqual(new Display(() => kept).choices, { theme: "dark", font_size: 32, task_width: 300, is_folded: false, screen_reader: false });
});

test("invalid choices are replaced by the defaults", () => {
  for (const text of ["no JSON", "null", "[]", '{"theme": "pink", "font_size": "big", "is_folded": 1, "task_width": "wide"}']) {
    assert.deepEqual(new Display(() => storage(text)).choices, { theme: "system", font_size: 15, task_width: null, is_folded: false, screen_reader: false }, text);
  }
});

test("works without storage", () => {
  const display = new Display(() => {
    throw new Error("denied");
  });
  display.change({ theme: "light" });
  assert.equal(display.choices.theme, "light");
});
