import assert from "node:assert/strict";
import { test } from "node:test";

import { in_context, launch, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

test("the server's clock ends a task, and the page says so", { timeout: 300_000 }, async () => {
  const program = await Program.prepare((config) => (config.task_duration_in_seconds = 4));
  const browser = await launch();
  try {
    await program.start();
    await in_context(browser, { name: "the clock ends a task", log: () => program.log }, async (context) => {
      const tab = await Tab.open(context, program.address);
      await tab.card("start");
      // Recorded inside the page, because on a busy machine a query from outside may miss a second.
      await tab.page.evaluate(() => {
        const clock = /** @type {Element} */ (document.querySelector("#clock"));
        const shown = /** @type {string[]} */ ([]);
        new MutationObserver(() => shown.push(clock.textContent ?? "")).observe(clock, { childList: true, characterData: true, subtree: true });
        Object.assign(window, { shown });
      });
      await tab.press("Start");
      await tab.card("timed_out");
      const shown = await tab.page.evaluate(() => /** @type {any} */ (window).shown);
      assert.match(shown.join(" "), /^(0:04)?( ?0:03)?( ?0:02)?( ?0:01)?( ?0:00)?$/);
      assert.ok(shown.length >= 2, `the clock shows ${shown}`);
      assert.equal(await tab.page.locator("#task_number").textContent(), "Task 2 of 2");
      await tab.screenshot("study_timed_out");
      const [result] = await program.rows("SELECT state, time_spent_in_seconds FROM results");
      assert.equal(result.state, "timed_out");
      assert.equal(result.time_spent_in_seconds, 4);
    });
  } finally {
    await browser.close();
    await program.clean_up();
  }
});
