import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { in_context, launch, Tab } from "./support/browser.mjs";
import { Program, PROGRAM } from "./support/program.mjs";

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
    assert.deepEqual(tab.console_messages, []);
    assert.deepEqual(await program.rows("SELECT * FROM results"), []);
  } finally {
    await browser.close();
    await program.clean_up();
  }
});

const READABLE = "the self-test's page can be read by everybody, in light and in dark, whether it passed or failed";
test(READABLE, { timeout: 400_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "tellina-e2e-root-"));
  const root = join(folder, "root");
  await symlink(join(dirname(PROGRAM), "../share/tellina/rootfs"), root);
  const program = await Program.prepare((config) => (config.sandbox = { plugin: "chroot", pool: 0, root_file_system: root }));
  const browser = await launch();
  try {
    await program.start(["--test-mode"]);
    await in_context(browser, { name: READABLE, log: () => program.log }, async (context) => {
      const tab = await Tab.blank(context, program.address);
      const see = async (/** @type {string} */ verdict) => {
        await tab.page.goto(`${program.address}/test`, { timeout: 240_000 });
        assert.equal(await tab.page.locator("h1").textContent(), verdict);
      };
      await see("Tests passed");
      await tab.prove("self_test_passed");
      await rm(root);
      // The browser logs an error for the status 500.
      tab.expected_messages.push(/^error: Failed to load resource: the server responded with a status of 500/);
      await see("Tests failed");
      await tab.prove("self_test_failed");
    });
  } finally {
    await browser.close();
    await program.clean_up();
    await rm(folder, { recursive: true, force: true });
  }
});
