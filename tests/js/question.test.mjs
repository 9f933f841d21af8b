import assert from "node:assert/strict";
import { test } from "node:test";

import { part } from "./support/fake_page.mjs";
import { settle } from "./support/fake_timers.mjs";

const { Question } = await import("../../static/js/app/question.js");

const WORDS = { card: "give_up", heading: "Give up?", sentence: "It ends.", yes: "Give up", no: "Continue" };

function make() {
  /** @type {string[]} */
  const heard = [];
  const question = new Question(() => heard.push("closed"));
  question.ask(WORDS, () => heard.push("yes"));
  return { question, heard, dialog: part("question") };
}

test("yes acts before on_closed is called, and no does nothing", () => {
  const { question, heard, dialog } = make();
  assert.equal(question.is_open, true);
  dialog.button("Give up").click();
  assert.deepEqual([heard, question.is_open], [["yes", "closed"], false]);
  const other = make();
  other.dialog.button("Continue").click();
  assert.deepEqual(other.heard, ["closed"]);
});

test("the safe answer comes first", () => {
  const { dialog, question } = make();
  assert.deepEqual(dialog.all("button").map(({ textContent }) => textContent), ["Continue", "Give up"]);
  question.close();
});

test("Escape means no; close() gives no answer", async () => {
  const { dialog, heard, question } = make();
  dialog.escape();
  await settle();
  assert.deepEqual([heard, question.is_open], [["closed"], false]);
  const other = make();
  other.question.close();
  await settle();
  assert.deepEqual(other.heard, []);
});
