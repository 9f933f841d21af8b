import assert from "node:assert/strict";
import { test } from "node:test";

import { active, part } from "./support/fake_page.mjs";
import { settle } from "./support/fake_timers.mjs";

const { Dialog } = await import("../../static/js/app/dialog.js");

test("a card's heading takes the focus, and names the dialog", () => {
  const dialog = new Dialog("first", () => {});
  assert.equal(dialog.shown, "");
  dialog.show({ card: "start", heading: "Ready?", sign: "terminal" });
  const dialog_element = part("first");
  assert.deepEqual([dialog.shown, dialog_element.open, active().textContent], ["start", true, "Ready?"]);
  assert.equal(dialog_element.attributes["aria-labelledby"], active().id);
  assert.equal(dialog_element.all("img")[0].attributes.alt, "");
  dialog.show({ card: "next", heading: "Next" });
  assert.deepEqual([dialog.shown, dialog_element.all("h2").length], ["next", 1]);
  dialog.close();
  assert.deepEqual([dialog.shown, dialog_element.open, dialog_element.children.length], ["", false, 0]);
});

test("Escape closes the dialog, and on_dismissed is called once", async () => {
  let dismissed = 0;
  const dialog = new Dialog("second", () => dismissed++);
  dialog.show({ card: "question", heading: "Sure?" });
  assert.equal(part("second").escape(), true);
  await settle();
  assert.deepEqual([dismissed, dialog.shown, part("second").children.length], [1, "", 0]);
  dialog.show({ card: "question", heading: "Sure?" });
  dialog.close();
  await settle();
  assert.equal(dismissed, 1, "the page has closed it itself");
});

test("a card that is shown before the close event of the last one stays", async () => {
  let dismissed = 0;
  const dialog = new Dialog("fourth", () => dismissed++);
  dialog.show({ card: "one", heading: "One" });
  part("fourth").escape();
  dialog.show({ card: "two", heading: "Two" });
  await settle();
  assert.deepEqual([dialog.shown, dismissed], ["two", 0]);
});
