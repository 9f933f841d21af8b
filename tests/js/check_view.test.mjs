import assert from "node:assert/strict";
import { test } from "node:test";

import { part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";
import { OutputAnnouncer } from "../../static/js/app/announcer.js";
import { CheckView } from "../../static/js/app/check_view.js";

const timers = new FakeTimers();
const view = new CheckView(new OutputAnnouncer(timers));
/** @param {object} fields @param {string} [task_type] */
const show = (fields, task_type = "filesystem") =>
  view.show({ type: "progress", matched: 0, missing: 0, extra: 0, incorrect: 0, ...fields }, task_type);
const summary = () => part("check_summary").textContent;
/** @param {string} fold */
const items = (fold) => part(fold).all("li").map(({ dataset, textContent }) => [dataset.status, textContent]);

test("wrong and right names are in separate lists, each collapsed", () => {
  show({
    matched: 1,
    incorrect: 1,
    missing: 1,
    detail: [
      { path: "a", status: "matched" },
      { path: "a/b", status: "incorrect", differs: ["content", "mode"] },
      { path: "c", status: "missing" },
    ],
  });
  assert.equal(part("check").hidden, false);
  assert.equal(summary(), "Not done yet: 1 thing is missing, 1 is wrong.");
  assert.deepEqual(items("check_wrong"), [
    [undefined, "a/b wrong content, wrong permissions"],
    ["incorrect", "b wrong content, wrong permissions"],
    ["missing", "c missing"],
  ]);
  assert.deepEqual(items("check_right"), [["matched", "a done"]]);
  assert.deepEqual([part("check_wrong"), part("check_right")].map((fold) => fold.all("summary")[0].textContent), [
    "Still to fix",
    "Done: 1",
  ]);
});

test("without names there is only the sentence", () => {
  show({ matched: 250, extra: 250, detail: [] });
  assert.equal(summary(), "Not done yet: 250 things should not be here.");
  assert.deepEqual([part("check_wrong").hidden, part("check_right").hidden], [true, true]);
  assert.deepEqual(items("check_wrong"), []);
});

test("printed lines are a list in their order, in which the right ones are marked, and missing ones another", () => {
  const detail = [{ line: "second <b>", status: "extra" }, { line: "first", status: "matched" }, { line: "last", status: "missing" }];
  show({ matched: 1, missing: 1, extra: 1, detail }, "stdout");
  assert.equal(part("check_wrong").all("ol")[0].attributes.class, "lines");
  assert.deepEqual(items("check_wrong"), [[undefined, "second <b>"], ["matched", "first done"]]);
  assert.deepEqual([part("check_missing").hidden, items("check_missing")], [false, [["missing", "last missing"]]]);
});

test("a command without a correct line shows nothing, and clears the previous result", () => {
  show({ matched: 1, missing: 1 }, "stdout");
  assert.equal(part("check").hidden, false);
  show({ matched: 0, missing: 2, extra: 100, detail: [{ line: "1", status: "extra" }] }, "stdout");
  assert.deepEqual([part("check").hidden, summary(), items("check_wrong").length], [true, "", 0]);
});

test("of many entries 60 are shown and the others counted; an unknown status is ignored", () => {
  const detail = Array.from({ length: 62 }, (_, number) => ({ path: String(number), status: "extra" }));
  show({ extra: 62, detail: [{ path: "?", status: "of_a_newer_server" }, ...detail] });
  assert.equal(items("check_wrong").length, 60);
  assert.deepEqual(part("check_wrong").all("p").map(({ textContent }) => textContent), ["and 2 more"]);
  show({ extra: 60, detail: detail.slice(0, 60) });
  assert.equal(part("check_wrong").all("p").length, 0);
});

test("a check is announced after its output: only the latest, and only if it changed", () => {
  show({ extra: 3 });
  part("announcer").texts = [];
  show({ extra: 4 });
  timers.advance(1000);
  assert.deepEqual(part("announcer").texts, []);
  show({ extra: 5 });
  timers.advance(2000);
  assert.deepEqual(part("announcer").texts, ["Last check: Not done yet: 5 things should not be here."]);
  show({ extra: 5 });
  timers.advance(2000);
  assert.equal(part("announcer").texts.length, 1);
  show({ extra: 6 });
  view.clear();
  assert.equal(timers.pending, 0);
});

test("the same result is not announced again, and clear() removes everything", () => {
  show({ extra: 2 });
  part("check_summary").texts = [];
  show({ extra: 2 });
  assert.deepEqual(part("check_summary").texts, []);
  view.clear();
  assert.deepEqual([part("check").hidden, part("check_summary").textContent], [true, ""]);
});
