import assert from "node:assert/strict";
import { test } from "node:test";

import { part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";
import { OutputAnnouncer } from "../../static/js/app/announcer.js";
import { CheckView } from "../../static/js/app/check_view.js";

const timers = new FakeTimers();
const view = new CheckView(new OutputAnnouncer(timers));
/** @param {object} fields */
const show = (fields) => view.show({ type: "progress", matched: 0, missing: 0, extra: 0, incorrect: 0, ...fields });
const progress = () => part("progress");
const items = () => progress().all("li").map(({ dataset, textContent }) => [dataset.status, textContent]);

test("names are a tree, with what is wrong of each", () => {
  show({
    matched: 1,
    incorrect: 1,
    detail: [{ path: "a", status: "matched" }, { path: "a/b", status: "incorrect", differs: ["content", "modified_at"] }],
  });
  assert.equal(part("check").hidden, false);
  assert.equal(part("check_summary").textContent, "1 right, 1 wrong");
  assert.deepEqual(items(), [["matched", "a/ rightb wrong: content, time"], ["incorrect", "b wrong: content, time"]]);
  assert.equal(progress().all("ul").length, 2);
});

test("lines are a list in their order", () => {
  show({ detail: [{ line: "second <b>", status: "extra" }, { line: "first", status: "matched" }] });
  assert.equal(progress().all("ol")[0].attributes.class, "lines");
  assert.deepEqual(items(), [["extra", "second <b> extra"], ["matched", "first right"]]);
});

test("of many, 60 are shown and the others counted; a status that is not known is passed over", () => {
  const detail = Array.from({ length: 62 }, (_, number) => ({ line: String(number), status: "extra" }));
  show({ detail: [{ line: "?", status: "of_a_newer_server" }, ...detail] });
  assert.equal(items().length, 60);
  assert.deepEqual(progress().all("p").map(({ textContent }) => textContent), ["and 2 more"]);
  show({ detail: detail.slice(0, 60) });
  assert.equal(progress().all("p").length, 0);
});

test("a screen reader hears of a check after the output that it is about, of the newest alone, and only if it changed", () => {
  show({ matched: 3 });
  part("announcer").texts = [];
  show({ matched: 4 });
  timers.advance(1000);
  assert.deepEqual(part("announcer").texts, []);
  show({ matched: 5 });
  timers.advance(2000);
  assert.deepEqual(part("announcer").texts, ["Last check: 5 right."]);
  show({ matched: 5 });
  timers.advance(2000);
  assert.equal(part("announcer").texts.length, 1);
  show({ matched: 6 });
  view.clear();
  assert.equal(timers.pending, 0);
});

test("the same result is not told again, and nothing is left once it is cleared", () => {
  show({ matched: 2 });
  part("check_summary").texts = [];
  show({ matched: 2 });
  assert.deepEqual(part("check_summary").texts, []);
  assert.equal(progress().children.length, 0);
  view.clear();
  assert.deepEqual([part("check").hidden, part("check_summary").textContent], [true, ""]);
});
