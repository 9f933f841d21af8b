import assert from "node:assert/strict";
import { test } from "node:test";

import { body, part } from "./support/fake_page.mjs";

const { UploadBar } = await import("../../static/js/app/upload_bar.js");

function make() {
  /** @type {string[]} */
  const heard = [];
  part("upload").replaceChildren(part("upload_stop"));
  const bar = new UploadBar({ on_stop: () => heard.push("stop"), focus_terminal: () => heard.push("terminal") });
  return { bar, heard };
}

test("tells how much of how much, in KiB and in MiB", () => {
  const { bar } = make();
  bar.show({ done: 33_000, total: 100_000 });
  assert.deepEqual([part("upload").hidden, part("upload_words").textContent], [false, "Pasting: 33 % of 98 KiB"]);
  assert.deepEqual([/** @type {any} */ (part("upload_progress")).max, /** @type {any} */ (part("upload_progress")).value], [100_000, 33_000]);
  bar.show({ done: 1, total: 3 * 1024 * 1024 });
  assert.equal(part("upload_words").textContent, "Pasting: 0 % of 3.0 MiB");
});

test("gives the keyboard to the terminal when it goes with it, and leaves it elsewhere", () => {
  const { bar, heard } = make();
  bar.show({ done: 0, total: 100_000 });
  body.focus();
  bar.show(null);
  assert.deepEqual([part("upload").hidden, heard], [true, []]);
  bar.show({ done: 0, total: 100_000 });
  part("upload_stop").focus();
  bar.show(null);
  assert.deepEqual(heard, ["terminal"]);
});

test("Stop stops the paste and goes back to the terminal", () => {
  const { heard } = make();
  part("upload_stop").click();
  assert.deepEqual(heard.slice(-2), ["stop", "terminal"]);
});
