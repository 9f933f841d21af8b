import assert from "node:assert/strict";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { in_context, launch, Tab } from "./support/browser.mjs";
import { Program, PROGRAM } from "./support/program.mjs";

const NAME = "a terminal that cannot be started shows the study's contact and a reference that log and record have too";

test(NAME, { timeout: 400_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "tellina-e2e-root-"));
  const root = join(folder, "root");
  const rootfs = join(dirname(PROGRAM), "../share/tellina/rootfs");
  await symlink(rootfs, root);
  const program = await Program.prepare((config) => {
    config.study = { title: "Finding files", contact: "a.researcher@example.org" };
    config.sandbox = { plugin: "chroot", pool: 0, root_file_system: root };
  });
  const browser = await launch();
  try {
    await program.start();
    await in_context(browser, { name: NAME, log: () => program.log }, async (context) => {
      const tab = await Tab.open(context, program.address);
      await tab.card("start");
      await tab.page.locator("#screen").getByText("This study records every key you type").waitFor();
      assert.equal(await tab.page.title(), "Task 1 of 2 – Finding files");
      await rm(root);
      await tab.press("Start");
      const error_box = tab.page.locator("#screen .error");
      await error_box.getByText("We could not start your terminal.").waitFor();
      const told = /^.*Your clock has not started\. Try again\. If it keeps failing, contact a\.researcher@example\.org \(reference ([0-9A-F]{4})\)\.$/;
      const [, reference] = told.exec((await error_box.textContent()) ?? "") ?? [];
      assert.ok(reference !== undefined, (await error_box.textContent()) ?? "");
      assert.match(program.log, new RegExp(`\\b${reference}\\b`));
      await tab.prove("study_start_failed");
      await symlink(rootfs, root);
      await tab.press("Try again");
      await tab.terminal();
      assert.match((await tab.page.locator("header").textContent()) ?? "", /Finding files.*a\.researcher@example\.org/);
      const rows = await program.rows("SELECT detail FROM event_log WHERE kind = 'sandbox_failed'");
      assert.deepEqual(rows.map(({ detail }) => JSON.parse(detail).reference), [reference]);
    });
  } finally {
    await browser.close();
    await program.clean_up();
    await rm(folder, { recursive: true, force: true });
  }
});
