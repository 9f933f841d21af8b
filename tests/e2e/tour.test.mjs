import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { draw_session, read_session } from "../../tools/pictures/timeline.mjs";

import { in_context, launch, SCREENSHOTS, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

/** The pictures of the README come from here (`npm run images`): a task that is begun, corrected and passed. */

/** In milliseconds, between two keys: `npm run images` types at human speed, for a realistic timeline. */
const PACE = Number(process.env.TELLINA_TYPING_PACE ?? 0);

const STUDY = {
  access_codes: ["bob"],
  task_duration_in_seconds: 300,
  tasks: [
    {
      type: "filesystem",
      description: "Put each **photo** from `inbox` into a folder of its year:\n\n```\nphotos/2023/beach.jpg\n```\n\nThe year is in `inbox/years.txt`. Leave that file where it is.",
      initial_filesystem: { inbox: { "beach.jpg": null, "hills.jpg": null, "years.txt": "beach.jpg 2023\nhills.jpg 2024\n" } },
      answer: { inbox: { "years.txt": null }, photos: { 2023: { "beach.jpg": null }, 2024: { "hills.jpg": null } } },
    },
    { type: "stdout", description: "Print the number of *lines* in `poem.txt`.", initial_filesystem: { "poem.txt": "a\nb\n" }, answer: "2" },
  ],
};

test("a task that is done half wrong, inspected, corrected and passed", { timeout: 300_000 }, async () => {
  const program = await Program.prepare((config) => Object.assign(config, STUDY));
  const browser = await launch();
  try {
    await program.start();
    await in_context(browser, { name: "the tour", log: () => program.log, options: { viewport: { width: 1200, height: 680 }, reducedMotion: /** @type {const} */ ("reduce") } }, async (context) => {
      const tab = await Tab.open(context, program.address);
      await tab.card("start");
      await tab.press("Start");
      await tab.terminal();
      await tab.shows(/\$ *$/m);
      for (const command of ["cat inbox/years.txt", "mkdir -p photos/2023", "mv inbox/beach.jpg photos/2023", "mv inbox/hills.jpg photos"]) {
        await tab.page.keyboard.type(`${command}\n`, { delay: PACE });
        await tab.shows(new RegExp(`${command}\\n[^$]*\\$ *\\n*$`));
      }
      const not_done = tab.page.locator("#check_summary").getByText("Not done yet: 2 things are missing, 1 should not be here.");
      await not_done.waitFor();
      assert.equal(await tab.page.locator("#progress code").count(), 0, "the check shows a name");
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await tab.page.emulateMedia({ colorScheme });
        await tab.screenshot(`tour_running_${colorScheme}`);
      }
      await tab.page.emulateMedia({ colorScheme: "light" });
      await tab.page.reload();
      await tab.terminal();
      await not_done.waitFor();
      await tab.page.keyboard.type("mkdir photos/2024; mv photos/hills.jpg photos/2024\n", { delay: PACE });
      await tab.page.locator("#solved").waitFor();
      await tab.screenshot("tour_passed");
      await tab.solved();
    });
    const session = read_session(join(program.folder, "db.sqlite3"), "bob", 1);
    assert.equal(session.state, "passed");
    assert.deepEqual(session.commands.map((/** @type {{text: string}} */ { text }) => text).slice(0, 2), ["cat inbox/years.txt", "mkdir -p photos/2023"]);
    assert.ok(session.keys.length > 100 && session.output.length > 10 && session.checks.at(-1)?.passed, JSON.stringify(session));
    await writeFile(join(SCREENSHOTS, "timeline.svg"), draw_session(session));
  } finally {
    await browser.close();
    await program.clean_up();
  }
});
