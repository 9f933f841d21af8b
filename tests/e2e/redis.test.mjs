import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { in_context, launch, NO_CONNECTION, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";
import { Redis } from "./support/redis.mjs";

/** What a participant sees when Redis dies: the real server with a real Redis. */

const redis = new Redis();
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Program} */
let program;

before(async () => {
  await redis.start();
  program = await Program.prepare((config) => {
    config.task_duration_in_seconds = 600;
    config.access_codes = ["redis"];
    config.channel_layer = { plugin: "redis", url: redis.url };
  });
  [browser] = await Promise.all([launch(), program.start()]);
});
after(async () => {
  await browser?.close();
  await program?.clean_up();
  await redis.kill();
});

const NAME = "a Redis that is killed and comes back empty: the page says that it is connecting again, and nothing typed is lost or doubled";
test(NAME, { timeout: 400_000 }, () => in_context(browser, { name: NAME, log: () => program.log, options: { viewport: { width: 1280, height: 720 } } }, lose_redis));

/** @param {import("playwright-core").BrowserContext} context */
async function lose_redis(context) {
  const tab = await Tab.open(context, program.address, "?access_code=redis");
  tab.expected_messages.push(NO_CONNECTION, /status of 503/);
  await tab.card("start");
  await tab.press("Start");
  await tab.terminal();
  await tab.type("place=here; echo ready\n");
  await tab.shows(/^ready$/m);

  await redis.kill();
  await tab.page.waitForFunction(() =>
    document.querySelector("#connection")?.textContent === "Connection lost. Reconnecting… What you type is kept.",
  );
  await tab.type("echo still $place $((6*7))\n");
  await tab.screenshot("story_redis_away");
  await redis.start();

  await tab.connection("connected");
  await tab.shows(/^still here 42$/m);
  await tab.type("history | grep -c 'still [$]place'\n");
  await tab.shows(/^1$/m);
  assert.deepEqual(tab.foreign_requests, []);
}
