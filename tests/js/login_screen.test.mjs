import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeTimers } from "./support/fake_timers.mjs";
import { active, part } from "./support/fake_page.mjs";

const { show_login, show_refusal } = await import("../../static/js/app/login_screen.js");
const { PlainPage } = await import("../../static/js/app/plain_page.js");

test("Try again sends one request, however often it is pressed, and works again after a failure", () => {
  const screen = new PlainPage();
  const dialog = part("screen");
  let tries = 0;
  const fail = () => show_refusal(screen, { reason: new TypeError("Failed to fetch"), access_code: "bob" }, () => tries++);
  fail();
  const button = dialog.button("Try again");
  button.focus();
  button.click();
  button.click();
  assert.deepEqual([tries, button.attributes["aria-disabled"], active()], [1, "true", button]);
  fail();
  dialog.button("Try again").click();
  assert.equal(tries, 2);
});

test("a wrong code stays in its field, selected", () => {
  const screen = new PlainPage();
  show_login(screen, { access_code: "bbo" });
  const [input] = part("screen").all("input");
  assert.deepEqual([input.value, input.is_selected, active()], ["bbo", true, input]);
  assert.match(part("screen").textContent, /This access code does not exist/);
  show_login(screen);
  assert.doesNotMatch(part("screen").textContent, /does not exist/);
});

test("after too many attempts the wait counts down, and is announced at its start and end", () => {
  const timers = new FakeTimers();
  const announcer = part("announcer");
  announcer.texts = [];
  show_login(new PlainPage(), { access_code: "bbo", wait: 48, timers });
  const dialog = part("screen");
  assert.match(dialog.textContent, /Too many attempts\. Try again in 48 seconds\./);
  assert.equal(dialog.button("Continue").attributes["aria-disabled"], "true");
  timers.advance(47_000);
  assert.match(dialog.textContent, /Try again in 1 second\./);
  timers.advance(1000);
  assert.match(dialog.textContent, /You can try again now\./);
  assert.equal(dialog.button("Continue").attributes["aria-disabled"], "false");
  assert.deepEqual(announcer.texts, ["Too many attempts. Try again in 48 seconds.", "You can try again now."]);
  assert.equal(timers.pending, 0);
});
