import assert from "node:assert/strict";
import { test } from "node:test";

import { launch, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

test("the self-test's page says that the tests passed, without scripts", { timeout: 300_000 }, async () => {
  const program = await Program.prepare();
  const browser = await launch();
  try {
    await program.start(["--test-mode"]);
    const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    const tab = new Tab(page, program.address);
    const answer = await page.goto(`${program.address}/test`, { timeout: 240_000 });
    assert.equal(await page.locator("h1").textContent(), "Tests passed");
    assert.equal(answer?.status(), 200);
    assert.match(await page.title(), /^Tests passed/);
    const outcomes = await page.locator("td:nth-child(2)").allTextContents();
    assert.ok(outcomes.length >= 8);
    assert.deepEqual([...new Set(outcomes)], ["passed"]);
    await tab.screenshot("self_test_passed");
    assert.deepEqual(tab.complaints, []);
    assert.deepEqual(await program.rows("SELECT * FROM results"), []);
  } finally {
    await browser.close();
    await program.clean_up();
  }
});
