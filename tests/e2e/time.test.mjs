import assert from "node:assert/strict";
import { test } from "node:test";

import { launch, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

test("the server's clock ends a task, and the page says so", { timeout: 120_000 }, async () => {
  const program = await Program.prepare((config) => (config.task_duration_in_seconds = 4));
  const browser = await launch();
  try {
    await program.start();
    const tab = await Tab.open(await browser.newContext(), program.address);
    await tab.card("start");
    await tab.press("Start");
    await tab.terminal();
    await tab.page.waitForFunction(() => document.querySelector("#clock")?.textContent === "0:01");
    await tab.card("timed_out");
    assert.equal(await tab.page.locator("#task_number").textContent(), "Task 2 of 2");
    await tab.screenshot("study_timed_out");
    assert.deepEqual(tab.complaints, []);
    const [result] = await program.rows("SELECT state, time_spent_in_seconds FROM results");
    assert.equal(result.state, "timed_out");
    assert.equal(result.time_spent_in_seconds, 4);
  } finally {
    await browser.close();
    await program.clean_up();
  }
});
