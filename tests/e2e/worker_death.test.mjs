import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { in_context, launch, NO_CONNECTION, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";
import { Redis } from "./support/redis.mjs";
import { TIMEOUT } from "./support/stories.mjs";

/** With every channel layer, input for a program that dies with its worker reaches no other program. */

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => void (browser = await launch()));
after(() => browser?.close());

/** Kills the worker that has the session. @param {Program} program */
async function kill_worker(program) {
  const [{ process_id }] = await program.rows("SELECT w.process_id FROM leases l JOIN workers w ON w.id = l.worker_id");
  process.kill(process_id, "SIGKILL");
}

/**
 * @param {string} name @param {Program} program
 * @param {() => Promise<unknown>} kill @param {() => Promise<void>} revive Called after input was typed.
 */
async function lose_vim(name, program, kill, revive) {
  const options = { viewport: { width: 1280, height: 720 }, reducedMotion: /** @type {const} */ ("reduce") };
  await in_context(browser, { name, log: () => program.log, options }, async (context) => {
    const tab = await Tab.open(context, program.address);
    tab.expected_messages.push(NO_CONNECTION, /status of 503/);
    await tab.card("start");
    await tab.press("Start");
    await tab.terminal();
    await tab.type("vim notes.txt\n");
    await tab.shows(/^~$/m);
    await tab.type("iDear diary");
    await tab.shows(/^Dear diary$/m);
    await kill();
    await tab.type("\nrm ignore_me.txt\nand more\n");
    await revive();
    await tab.page.locator("#trouble").getByText("What you typed in the meantime was discarded.").waitFor();
    await tab.shows(/^\S+\$\s*$/);
    await tab.type("ls; echo after\n");
    await tab.shows(/^ignore_me\.txt\nafter$/m);
  });
  const commands = await program.rows("SELECT text FROM commands ORDER BY command_number");
  assert.deepEqual(commands.filter(({ text }) => !/^(vim notes\.txt|ls; echo after)$/.test(text)), []);
}

for (const layer of ["memory", "ipc", "redis"]) {
  const name = `vim dies with its worker over ${layer}: what was typed for it runs nowhere`;
  test(name, { timeout: TIMEOUT }, async () => {
    const redis = new Redis();
    if (layer === "redis") await redis.start();
    const program = await Program.prepare((config) => {
      config.task_duration_in_seconds = 600;
      config.channel_layer = layer === "redis" ? { plugin: layer, url: redis.url } : { plugin: layer };
    });
    try {
      await program.start();
      // With one process there is no supervisor that restarts a worker.
      if (layer === "memory") await lose_vim(name, program, () => program.stop("SIGKILL"), () => program.start());
      else await lose_vim(name, program, () => kill_worker(program), async () => {});
    } finally {
      await program.clean_up();
      await redis.kill();
    }
  });
}
