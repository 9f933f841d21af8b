import assert from "node:assert/strict";
import { test } from "node:test";

import { in_context, launch, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

const TASKS = [
  { type: "stdout", description: "Print `hello`.", answer: "hello", hand_in: "button", tries: 2 },
  { type: "stdout", description: "Print `two`.", answer: "two", hand_in: "button", tries: 2 },
  { type: "stdout", description: "Print `three`.", answer: "three", hand_in: "button", feedback: "none" },
];

test("tasks that are handed in: a wrong and a right try, two wrong ones, and one without a verdict", { timeout: 400_000 }, async () => {
  const browser = await launch();
  const program = await Program.prepare((config) => Object.assign(config, { tasks: TASKS, task_duration_in_seconds: 600 }));
  try {
    await program.start();
    await in_context(browser, { name: "hand_in", log: () => program.log, options: { viewport: { width: 1280, height: 720 } } }, async (context) => {
      const tab = await Tab.open(context, program.address);
      const { page } = tab;
      const begin = async (/** @type {string} */ button) => {
        await tab.press(button);
        await tab.terminal();
        await tab.shows(/\$ *$/m);
      };
      const run = async (/** @type {string} */ word) => {
        await tab.type(`echo ${word}\n`);
        await tab.shows(new RegExp(`^${word}\\s+\\S*\\$ *$`, "m"));
      };
      const hand_in_last = async () => {
        await tab.press("Hand in");
        await tab.card("hand_in");
        await page.locator("#question").getByRole("button", { name: "Hand in" }).click();
      };
      await tab.card("start");
      await begin("Start");
      await run("goodbye");
      await tab.press("Hand in (2 tries)");
      await page.locator("#verdict", { hasText: "What you handed in was not right. You have 1 try left." }).waitFor();
      await run("hello");
      await page.reload();
      await tab.terminal();
      assert.equal(await page.locator("#solved").isVisible(), false, "only the hand-in passes");
      await hand_in_last();
      await tab.solved();

      await begin("Start the next task");
      await tab.press("Hand in (2 tries)");
      await page.locator("#verdict", { hasText: "1 try left" }).waitFor();
      await hand_in_last();
      await tab.card("not_solved");

      await begin("Start the next task");
      await run("three");
      await hand_in_last();
      await tab.card("end");
      await page.getByText("Your tasks").click();
      assert.match(await page.locator("#screen").innerText(), /You solved 1 of 2 tasks\..*Task 1\s*solved.*Task 2\s*not solved.*Task 3\s*handed in/s);
    });
    assert.deepEqual((await program.rows("SELECT state FROM results ORDER BY task_number")).map(({ state }) => state), ["passed", "failed", "passed"]);
  } finally {
    await program.clean_up();
    await browser.close();
  }
});
