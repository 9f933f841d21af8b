import assert from "node:assert/strict";
import { test } from "node:test";

import "./support/vendor.mjs";
import { part } from "./support/fake_page.mjs";
import { FakeTimers } from "./support/fake_timers.mjs";
import { PASSED, READY, RUNNING } from "./support/session_parts.mjs";

const { OutputAnnouncer } = await import("../../static/js/app/announcer.js");
const { TaskPanel } = await import("../../static/js/app/task_panel.js");

/** @type {string[]} */
const opened = [];
const panel = new TaskPanel({ announcer: new OutputAnnouncer(new FakeTimers()), on_link: (url) => opened.push(url) });
/** @param {any} state @param {string} description */
const show = (state, description) => panel.show({ ...state, task: state.task && { ...state.task, description } });
const PROGRESS = /** @type {const} */ ({ type: "progress", matched: 1, missing: 0, extra: 0, incorrect: 0 });

test("shows the task, also if its text is revealed only at the start", () => {
  show(READY, "");
  assert.equal(part("description").textContent, "");
  show(RUNNING, "one");
  assert.match(part("description").textContent, /one/);
  assert.deepEqual([part("task_heading").textContent, part("task_heading").className], ["Your task", "unseen"]);
  assert.deepEqual([part("expected").hidden, part("treatment").hidden, part("solution").hidden], [true, true, true]);
});

test("updates of the running task keep the last check and the scroll position; another task resets them", () => {
  panel.show_progress(PROGRESS);
  part("task_text").scrollTop = 40;
  show(RUNNING, "one");
  assert.deepEqual([part("check").hidden, part("task_text").scrollTop], [false, 40]);
  show(PASSED, "two");
  assert.deepEqual([part("check").hidden, part("task_text").scrollTop], [true, 0]);
  assert.match(part("description").textContent, /two/);
  show({ ...READY, state: "finished", task: null }, "");
  assert.equal(part("description").textContent, "");
});

test("shows the title, the expected result and the treatment, and reports a link that is opened", () => {
  const treatment = { title: "Web search", text: "Use a *search engine*.", links: [{ title: "Search", url: "https://search.example.org" }] };
  panel.show({ ...RUNNING, task: { ...RUNNING.task, number: 3, title: "Old files", expected: "`a.log`", treatment } });
  assert.deepEqual([part("task_heading").textContent, part("task_heading").className], ["Old files", ""]);
  assert.match(part("expected_text").textContent, /a\.log/);
  assert.match(part("treatment").textContent, /^Web search.*search engine.*Search \(opens in a new tab\)$/s);
  const [link] = part("treatment").all("a");
  assert.deepEqual([link.attributes.href, link.attributes.target, link.attributes.rel], ["https://search.example.org", "_blank", "noopener noreferrer"]);
  link.click();
  link.dispatchEvent(Object.assign(new Event("auxclick"), { button: 2 }));
  assert.deepEqual(opened, ["https://search.example.org"]);
  link.dispatchEvent(Object.assign(new Event("auxclick"), { button: 1 }));
  assert.equal(opened.length, 2);
  show(RUNNING, "one");
  assert.deepEqual([part("expected").hidden, part("treatment").hidden], [true, true]);
});

test("a hand-in that used up a try was not right, until the next try or task", () => {
  const with_tries = (/** @type {any} */ more) => panel.show(/** @type {any} */ ({ ...RUNNING, task: { ...RUNNING.task, number: 4, ...more } }));
  with_tries({ tries_left: 3 });
  assert.equal(part("verdict").hidden, true);
  with_tries({ tries_left: 2 });
  assert.deepEqual([part("verdict").hidden, part("verdict").textContent], [false, "What you handed in was not right. You have 2 tries left."]);
  with_tries({ tries_left: 2 });
  assert.equal(part("verdict").hidden, false);
  with_tries({ tries_left: 3, try: { number: 2, of: 2 } });
  assert.equal(part("verdict").hidden, true);
});
