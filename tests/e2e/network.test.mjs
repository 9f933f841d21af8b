import assert from "node:assert/strict";

import { NO_CONNECTION } from "./support/browser.mjs";
import { Stories } from "./support/stories.mjs";

/** What participants see when the network fails. */

const study = new Stories(["lid", "network", "dead", "offline"]);

study.story("a closed lid: the page is frozen, the network is gone, and everything is there afterwards", "lid", async (tab, context) => {
  tab.expected_messages.push(NO_CONNECTION);
  await tab.type("echo asleep; sleep 3; echo meanwhile $((6*7))\n");
  await tab.shows(/^asleep$/m);
  const devtools = await context.newCDPSession(tab.page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  study.network.cut();
  await study.program.waits_for_output("lid", /meanwhile 42/);
  study.network.restore();
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await tab.connection("connected");
  await tab.shows(/^meanwhile 42$/m);
  await tab.type("echo awake\n");
  await tab.shows(/^awake$/m);
  await tab.screenshot("story_closed_lid");
});

study.story("a network that is cut while vim runs: input in the meantime is not lost", "network", async (tab) => {
  tab.expected_messages.push(NO_CONNECTION);
  await tab.type("vim notes.txt\n");
  await tab.shows(/^~$/m);
  await tab.type("ibefore");
  await tab.shows(/^before$/m);
  study.network.cut();
  await tab.connection("lost");
  await tab.type(" and meanwhile");
  await tab.page.getByText("Connection lost. Reconnecting… What you type is kept.").first().waitFor();
  await tab.screenshot("story_network_lost");
  study.network.restore();
  await tab.connection("connected");
  await tab.shows(/^before and meanwhile$/m);
  await tab.shows(/-- INSERT --/);
  await tab.page.keyboard.press("Escape");
  await tab.type(":wq\n");
  await tab.shows(/\$ *$/m);
  await tab.type("cat notes.txt\n");
  await tab.shows(/^before and meanwhile$/m);
  await tab.screenshot("story_network_back");
});

study.story("a network that drops everything: the page keeps trying, and is back soon after it is restored", "dead", async (tab) => {
  tab.expected_messages.push(NO_CONNECTION);
  await tab.type("echo before\n");
  await tab.shows(/^before$/m);
  const size = await tab.page.locator("#terminal").boundingBox();
  await tab.page.evaluate(() => {
    const line = /** @type {Element} */ (document.querySelector("#connection"));
    const said = /** @type {string[]} */ ([]);
    new MutationObserver(() => said.push(line.textContent ?? "")).observe(line, { childList: true, characterData: true, subtree: true });
    Object.assign(window, { said });
  });
  study.network.stall();
  await tab.type("echo meanwhile\n");
  await tab.connection("waiting");
  await tab.screenshot("story_network_waiting");
  await tab.page.waitForSelector('body[data-link="broken"]');
  await tab.page.waitForFunction(() => document.body.dataset.connection === "connecting");
  assert.deepEqual(await tab.page.locator("#terminal").boundingBox(), size, "the terminal has not moved");
  study.network.restore();
  await tab.connection("connected");
  await tab.shows(/^meanwhile$/m);
  const said = await tab.page.evaluate(() => /** @type {any} */ (window).said);
  assert.deepEqual(said, ["Waiting for the server… What you type is kept.", "Connection lost. Reconnecting… What you type is kept.", ""], "one sentence after the other, each once");
});

study.story("a machine that reports offline: the page checks at once", "offline", async (tab, context) => {
  tab.expected_messages.push(NO_CONNECTION);
  await tab.type("echo before\n");
  await tab.shows(/^before$/m);
  study.network.stall();
  await context.setOffline(true);
  await tab.connection("waiting");
  await tab.page.waitForSelector('body[data-link="broken"]');
  study.network.restore();
  await context.setOffline(false);
  await tab.connection("connected");
  await tab.type("echo after\n");
  await tab.shows(/^after$/m);
});
