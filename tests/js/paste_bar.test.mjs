import assert from "node:assert/strict";
import { test } from "node:test";

import { body, part } from "./support/fake_page.mjs";

const { PasteBar } = await import("../../static/js/app/paste_bar.js");

function make() {
  /** @type {string[]} */
  const heard = [];
  part("paste_bar").replaceChildren(part("paste_bar_stop"));
  const bar = new PasteBar({ on_stop: () => heard.push("stop"), focus_terminal: () => heard.push("terminal") });
  return { bar, heard };
}

test("shows progress and total, in KiB and MiB", () => {
  const { bar } = make();
  bar.show({ done: 33_000, total: 100_000 });
  assert.deepEqual([part("paste_bar").hidden, part("paste_bar_words").textContent], [false, "Pasting: 33 % of 98 KiB"]);
  assert.deepEqual([/** @type {any} */ (part("paste_bar_progress")).max, /** @type {any} */ (part("paste_bar_progress")).value], [100_000, 33_000]);
  bar.show({ done: 1, total: 3 * 1024 * 1024 });
  assert.equal(part("paste_bar_words").textContent, "Pasting: 0 % of 3.0 MiB");
});

test("returns its focus to the terminal when it closes, and leaves a focus elsewhere alone", () => {
  const { bar, heard } = make();
  bar.show({ done: 0, total: 100_000 });
  body.focus();
  bar.show(null);
  assert.deepEqual([part("paste_bar").hidden, heard], [true, []]);
  bar.show({ done: 0, total: 100_000 });
  part("paste_bar_stop").focus();
  bar.show(null);
  assert.deepEqual(heard, ["terminal"]);
});

test("Stop stops the paste and goes back to the terminal", () => {
  const { heard } = make();
  part("paste_bar_stop").click();
  assert.deepEqual(heard.slice(-2), ["stop", "terminal"]);
});
