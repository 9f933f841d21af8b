import assert from "node:assert/strict";
import { test } from "node:test";

import { active, part } from "./support/fake_page.mjs";
import { RUNNING, READY } from "./support/session_parts.mjs";
import { Trouble } from "../../static/js/app/trouble.js";

/** @typedef {import("../../static/js/core/protocol.js").StudyState} StudyState */

const trouble = new Trouble(() => part("terminal").focus());
/** @param {object} state @param {object} [more] About the task. */
const show = (state, more = {}) => {
  const { task } = /** @type {StudyState} */ (state);
  trouble.show(/** @type {StudyState} */ ({ ...state, task: { ...task, ...more } }));
  return part("trouble").hidden ? "" : part("trouble_words").textContent;
};

test("a paused clock is explained while it lasts, then the replaced terminal", () => {
  assert.equal(show(RUNNING), "");
  assert.match(show(RUNNING, { clock_stands: true, terminal_replaced: false }), /temporarily unavailable because of a problem on our side\. Your clock is paused\./);
  const replaced = show(RUNNING, { clock_stands: false, terminal_replaced: true });
  assert.match(replaced, /restart your terminal because of a problem on our side\. Your files are as they were at the start of this task/);
  assert.equal(show(RUNNING, { clock_stands: false, terminal_replaced: true }), replaced, "it stays");
  part("trouble_close").click();
  assert.equal(active(), part("terminal"));
  assert.equal(show(RUNNING, { clock_stands: false, terminal_replaced: true }), "", "the participant closed it");
  show(RUNNING);
  assert.equal(show(RUNNING, { clock_stands: false, terminal_replaced: true }), replaced, "the terminal was replaced again");
  assert.equal(part("announcer").texts.length, 3, "each is announced once");
  assert.equal(show(READY, { terminal_replaced: true }), "");
});

test("says that input was discarded, as long as the terminal counts as replaced", () => {
  const replaced = { terminal_replaced: true };
  trouble.replaced(true);
  assert.doesNotMatch(show(RUNNING), /typed/, "it is only shown once the state reports the replacement");
  assert.match(show(RUNNING, replaced), /restart your terminal .* What you typed in the meantime was discarded\.$/);
  assert.match(show(RUNNING, replaced), /discarded/, "it stays");
  assert.equal(show(RUNNING), "", "after a reset");
  assert.doesNotMatch(show(RUNNING, replaced), /typed/);
  trouble.replaced(true);
  show(READY);
  assert.doesNotMatch(show(RUNNING, replaced), /typed/, "another task");
  show(READY);
});
