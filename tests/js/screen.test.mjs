import assert from "node:assert/strict";
import { test } from "node:test";

import { active, part } from "./support/fake_page.mjs";
import { settle } from "./support/fake_timers.mjs";

const { Screen } = await import("../../static/js/app/screen.js");

test("a card's heading takes the focus, and names the dialog", () => {
  const screen = new Screen("first", () => {});
  assert.equal(screen.shown, "");
  screen.show({ card: "start", heading: "Ready?", sign: "terminal" });
  const dialog = part("first");
  assert.deepEqual([screen.shown, dialog.open, active().textContent], ["start", true, "Ready?"]);
  assert.equal(dialog.attributes["aria-labelledby"], active().id);
  assert.equal(dialog.all("img")[0].attributes.alt, "");
  screen.show({ card: "next", heading: "Next" });
  assert.deepEqual([screen.shown, dialog.all("h2").length], ["next", 1]);
  screen.close();
  assert.deepEqual([screen.shown, dialog.open, dialog.children.length], ["", false, 0]);
});

test("Escape closes the dialog, and on_dismissed is called once", async () => {
  let dismissed = 0;
  const screen = new Screen("second", () => dismissed++);
  screen.show({ card: "question", heading: "Sure?" });
  assert.equal(part("second").escape(), true);
  await settle();
  assert.deepEqual([dismissed, screen.shown, part("second").children.length], [1, "", 0]);
  screen.show({ card: "question", heading: "Sure?" });
  screen.close();
  await settle();
  assert.equal(dismissed, 1, "the page has closed it itself");
});

test("a card that is shown before the close event of the last one stays", async () => {
  let dismissed = 0;
  const screen = new Screen("fourth", () => dismissed++);
  screen.show({ card: "one", heading: "One" });
  part("fourth").escape();
  screen.show({ card: "two", heading: "Two" });
  await settle();
  assert.deepEqual([screen.shown, dismissed], ["two", 0]);
});
