import assert from "node:assert/strict";
import { test } from "node:test";

import { active, part } from "./support/fake_page.mjs";

const { show_unreachable } = await import("../../static/js/app/login_screen.js");
const { Screen } = await import("../../static/js/app/screen.js");

test("a server that cannot be reached is tried again once, however often the button is pressed, and again where that fails too", () => {
  const screen = new Screen("screen");
  const dialog = part("screen");
  let tries = 0;
  const fail = () => show_unreachable(screen, "no network", () => tries++);
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
