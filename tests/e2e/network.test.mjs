import { NO_CONNECTION } from "./support/browser.mjs";
import { Stories } from "./support/stories.mjs";

/** What a network that fails does to a participant. */

const study = new Stories(["lid", "network", "dead"]);

study.story("a lid that was closed: the page stands still, the network is gone, and all is there afterwards", "lid", async (tab, context) => {
  tab.expected_complaints.push(NO_CONNECTION);
  await tab.type("echo asleep; sleep 3; echo meanwhile $((6*7))\n");
  await tab.shows(/^asleep$/m);
  const devtools = await context.newCDPSession(tab.page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  study.line.cut();
  await study.program.waits_for_output("lid", /meanwhile 42/);
  study.line.mend();
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await tab.connection("connected");
  await tab.shows(/^meanwhile 42$/m);
  await tab.type("echo awake\n");
  await tab.shows(/^awake$/m);
  await tab.screenshot("story_closed_lid");
});

study.story("a network that is cut in the middle of vim: what is typed meanwhile is not lost", "network", async (tab) => {
  tab.expected_complaints.push(NO_CONNECTION);
  await tab.type("vim notes.txt\n");
  await tab.shows(/^~$/m);
  await tab.type("ibefore");
  await tab.shows(/^before$/m);
  study.line.cut();
  await tab.connection("lost");
  await tab.type(" and meanwhile");
  await tab.page.waitForFunction(() => /Attempt ([2-9]|\d\d)/.test(document.querySelector("#connection")?.textContent ?? ""));
  await tab.screenshot("story_network_lost");
  study.line.mend();
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

study.story("a network that swallows everything: the page goes on trying, and is back soon after it is mended", "dead", async (tab) => {
  tab.expected_complaints.push(NO_CONNECTION);
  await tab.type("echo before\n");
  await tab.shows(/^before$/m);
  study.line.stall();
  await tab.type("echo meanwhile\n");
  await tab.page.waitForFunction(() => /^Connection lost\. Connecting again \(attempt ([2-9]|\d\d)\)/.test(document.querySelector("#connection")?.textContent ?? ""));
  study.line.mend();
  await tab.connection("connected");
  await tab.shows(/^meanwhile$/m);
});
