import assert from "node:assert/strict";
import { test } from "node:test";

import { active, body, part } from "./support/fake_page.mjs";

const { element } = await import("../../static/js/app/dom.js");
const { PlainPage } = await import("../../static/js/app/plain_page.js");

const place = part("screen");
place.hidden = true;

test("a plain page replaces the workbench, with its buttons below the text, until it closes", () => {
  const page = new PlainPage();
  assert.equal(page.shown, "");
  page.show({ card: "start", heading: "Ready?", sign: "terminal", footer: [element("button", {}, "Start")] }, "A text");
  assert.deepEqual([page.shown, body.dataset.view, "inert" in part("workbench").attributes], ["start", "plain", true]);
  assert.deepEqual([active().textContent, place.all("footer")[0].textContent], ["Ready?", "Start"]);
  assert.match(place.all("div").find(({ className }) => className === "card_text")?.textContent ?? "", /^Ready\?A text$/);
  page.show({ card: "end", heading: "Done" });
  assert.deepEqual([page.shown, place.all("h2").length, place.all("footer").length], ["end", 1, 0]);
  page.close();
  assert.deepEqual([page.shown, body.dataset.view, "inert" in part("workbench").attributes, place.children.length], ["", "work", false, 0]);
});
