import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { in_context, launch, NO_CONNECTION, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";
import { TIMEOUT } from "./support/stories.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => void (browser = await launch()));
after(() => browser?.close());

test("a participant sees what happens while their terminal is prepared", { timeout: TIMEOUT }, async () => {
  const program = await Program.prepare((config) => {
    config.task_duration_in_seconds = 600;
    const command = [join(ROOT, "tests/e2e/support/waiting_spawner.py"), join(ROOT, "build/share/tellina/exec")];
    config.sandbox = { plugin: "exec", pool: 0, command };
  });
  const file = (/** @type {string} */ name) => join(program.folder, name);
  const say = (/** @type {string} */ text) => writeFile(file("progress"), text);
  try {
    await say("Looking for a machine");
    await program.start();
    await in_context(browser, { name: "slow start", log: () => program.log, options: { viewport: { width: 1280, height: 720 } } }, async (context) => {
      const tab = await Tab.open(context, program.address);
      tab.expected_messages.push(NO_CONNECTION);
      const line = tab.page.locator("#screen .preparation");
      await tab.card("start");
      assert.equal(await line.isVisible(), false);
      await tab.press("Start");
      await line.getByText("Looking for a machine", { exact: true }).waitFor();
      await say("Loading the <b>disk image</b> (2 of 5)");
      await line.getByText("Loading the <b>disk image</b> (2 of 5)", { exact: true }).waitFor();
      await tab.prove("preparing");
      await tab.page.reload();
      await tab.card("start");
      await line.getByText("Loading the <b>disk image</b> (2 of 5)", { exact: true }).waitFor();
      await tab.press("Start");
      await writeFile(file("open"), "");
      await tab.terminal();
      await tab.type("echo he''re\n");
      await tab.shows(/^here$/m);
      await rm(file("open"));
      await say("Filling your home");
      await tab.press("Reset files");
      await tab.card("reset");
      await tab.press("Reset files");
      const notice = tab.page.locator("#notice");
      await notice.getByText("Preparing your new terminal: Filling your home").waitFor();
      await tab.prove("preparing_reset");
      await writeFile(file("open"), "");
      await notice.waitFor({ state: "hidden" });
      await tab.shows(/^\S*\$\s*$/m);
    });
  } finally {
    await program.clean_up();
  }
});
