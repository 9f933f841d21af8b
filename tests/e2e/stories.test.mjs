import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { in_context, launch, NO_CONNECTION, PATIENCE, Tab } from "./support/browser.mjs";
import { Line } from "./support/line.mjs";
import { Program } from "./support/program.mjs";

/** What happens to participants, with the real server: one for all, and a participant for each story. */

const TIMEOUT = 400_000;

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Program} */
let program;
/** @type {Line} */
let line;
let address_over_line = "";

before(async () => {
  program = await Program.prepare((config) => {
    config.task_duration_in_seconds = 600;
    config.access_codes = ["tabs", "lid", "network", "dead", "paste", "unread", "programs"];
  });
  [browser] = await Promise.all([launch(), program.start()]);
  line = new Line(program.address);
  address_over_line = await line.open();
});
after(async () => {
  await browser?.close();
  await line?.close();
  await program?.clean_up();
});

/**
 * @param {string} name
 * @param {string} access_code
 * @param {(tab: Tab, context: import("playwright-core").BrowserContext) => Promise<void>} body With the first task started.
 */
function story(name, access_code, body) {
  test(name, { timeout: TIMEOUT }, async () => {
    const options = { viewport: { width: 1280, height: 720 }, reducedMotion: /** @type {const} */ ("reduce") };
    const begin = async (/** @type {import("playwright-core").BrowserContext} */ context) => {
      const tab = await Tab.open(context, address_over_line, `?access_code=${access_code}`);
      await tab.card("start");
      await tab.press("Start");
      await tab.terminal();
      await tab.shows(/\$ *$/m);
      await body(tab, context);
    };
    try {
      await in_context(browser, { name, log: () => program.log, options }, begin);
    } finally {
      line.mend();
    }
  });
}

test("a wrong code is told as wrong, and the right one lets in", { timeout: TIMEOUT }, async () => {
  await in_context(browser, { name: "a wrong code", log: () => program.log }, async (context) => {
    const tab = await Tab.open(context, program.address, "?access_code=nobody");
    tab.expected_complaints.push(/status of 401/);
    await tab.card("login");
    await tab.page.getByText("This access code is not known").waitFor();
    await tab.type("tabs\n");
    await tab.card("start");
    assert.equal(new URL(tab.page.url()).search, "?access_code=tabs");
  });
});

story("a second tab takes over the running shell, and the first can take it back", "tabs", async (old, context) => {
  await old.type("place=here\n");
  await old.shows(/place=here\n.*\$ *$/m);
  const newer = await Tab.open(context, address_over_line, "?access_code=tabs");
  await newer.terminal();
  await old.card("replaced");
  await newer.type("echo still $place\n");
  await newer.shows(/^still here$/m);
  await old.page.bringToFront();
  await old.press("Use it here");
  await old.terminal();
  await old.shows(/^still here$/m);
  await newer.card("replaced");
  await old.screenshot("story_second_tab");
});

story("a lid that was closed: the page stands still, the network is gone, and all is there afterwards", "lid", async (tab, context) => {
  tab.expected_complaints.push(NO_CONNECTION);
  await tab.type("echo asleep; sleep 3; echo meanwhile $((6*7))\n");
  await tab.shows(/^asleep$/m);
  const devtools = await context.newCDPSession(tab.page);
  await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
  line.cut();
  await program.waits_for_output("lid", /meanwhile 42/);
  line.mend();
  await devtools.send("Page.setWebLifecycleState", { state: "active" });
  await tab.connection("connected");
  await tab.shows(/^meanwhile 42$/m);
  await tab.type("echo awake\n");
  await tab.shows(/^awake$/m);
  await tab.screenshot("story_closed_lid");
});

story("a network that is cut in the middle of vim: what is typed meanwhile is not lost", "network", async (tab) => {
  tab.expected_complaints.push(NO_CONNECTION);
  await tab.type("vim notes.txt\n");
  await tab.shows(/^~$/m);
  await tab.type("ibefore");
  await tab.shows(/^before$/m);
  line.cut();
  await tab.connection("lost");
  await tab.type(" and meanwhile");
  await tab.page.waitForFunction(() => /Attempt ([2-9]|\d\d)/.test(document.querySelector("#connection")?.textContent ?? ""));
  await tab.screenshot("story_network_lost");
  line.mend();
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

story("a network that swallows everything: the page goes on trying, and is back soon after it is mended", "dead", async (tab) => {
  tab.expected_complaints.push(NO_CONNECTION);
  await tab.type("echo before\n");
  await tab.shows(/^before$/m);
  line.stall();
  await tab.type("echo meanwhile\n");
  await tab.connection("lost");
  await tab.page.waitForFunction(() => /attempt 3\)/.test(document.querySelector("#connection")?.textContent ?? ""));
  line.mend();
  await tab.connection("connected");
  await tab.shows(/^meanwhile$/m);
});

story("a paste of 1 MiB arrives whole", "paste", async (tab) => {
  const pasted = Array.from({ length: 16384 }, (_, number) => `line ${String(number).padStart(58, "0")}\n`).join("");
  assert.equal(pasted.length, 1 << 20);
  // Before the shell has let go of the terminal a paste would be bracketed.
  await tab.type("stty -echo; echo 'to be pasted'; cat > pasted; md5sum pasted; stty echo\n");
  await tab.shows(/^to be pasted$/m);
  await tab.paste(pasted);
  await tab.page.locator("#upload").waitFor();
  await tab.screenshot("story_paste");
  await tab.page.locator("#upload").waitFor({ state: "hidden", timeout: 2 * PATIENCE });
  await tab.page.keyboard.press("Control+D");
  await tab.shows(new RegExp(`^${createHash("md5").update(pasted).digest("hex")}  pasted$`, "m"));
});

story("starting over in the middle of a large paste types nothing of it at the fresh shell", "unread", async (tab) => {
  await tab.type("sleep 1000\n");
  await tab.shows(/sleep 1000$/m);
  await tab.paste("echo bad\n".repeat(20_000));
  await tab.page.locator("#upload").waitFor();
  await tab.press("Start over");
  await tab.press("Start over");
  await tab.page.locator("#upload").waitFor({ state: "hidden" });
  await tab.shows(/^\S+\$\s*$/);
  await tab.type("echo fine\n");
  await tab.shows(/^\S+\$ echo fine\nfine\n\S+\$\s*$/);
  const query = "SELECT kind FROM event_log WHERE access_code = 'unread' AND kind IN ('paste_stopped', 'reset', 'input_dropped') ORDER BY kind";
  let events = [];
  // What the page and the server have to tell may come a little after what they do.
  for (const end = Date.now() + PATIENCE; events.length < 3 && Date.now() < end; await pause(50)) events = await program.rows(query);
  assert.deepEqual(events.map(({ kind }) => kind), ["input_dropped", "paste_stopped", "reset"]);
});

story("programs that fill the screen look right after a refresh", "programs", async (tab) => {
  const refresh = async () => {
    await tab.page.reload();
    await tab.terminal();
  };
  await tab.type("seq 1 500 > numbers; nano numbers\n");
  await tab.shows(/GNU nano[^]*Read 500 lines[^]*\^X Exit/);
  const nano = await tab.text();
  await refresh();
  await tab.shows(nano);
  await tab.page.keyboard.press("Control+X");
  await tab.shows(/\$ *$/m);
  await tab.type("less numbers\n");
  await tab.shows(/^1\n2\n3\n/);
  await tab.type("G");
  await tab.shows(/^500\n\(END\)$/m);
  const less = await tab.text();
  await refresh();
  await tab.shows(less);
  await tab.screenshot("story_less_after_refresh");
  await tab.type("q");
  await tab.shows(/\$ *$/m);

  await tab.type("htop\n");
  const htop = /Tasks: .*\n[^]*PID USER[^]*F10Quit/;
  await tab.shows(htop);
  await refresh();
  await tab.shows(htop);
  await tab.screenshot("story_htop_after_refresh");
  await tab.type("q");
  await tab.shows(/\$ *$/m);

  await tab.type("tmux\n");
  await tab.shows(/^\[0\] 0:bash\*/m);
  await tab.page.keyboard.press("Control+B");
  await tab.type("%");  // two panes side by side
  await tab.shows(/│/);
  await tab.type("seq 3\n");
  await tab.shows(/│1 *\n.*│2 *\n.*│3 *\n.*│.*\$ *\n/);
  const panes = (await tab.text()).trimEnd().split("\n").slice(0, -1).join("\n");
  await refresh();
  // The last line has a clock.
  await tab.shows(new RegExp(`^${panes.replace(/[^\w\s]/g, "\\$&")}\n\\[0\\] 0:bash`));
  await tab.screenshot("story_tmux_after_refresh");
  await tab.type("exit\n");
  await tab.shows(/^\[0\] 0:bash\*/m);
  await tab.type("exit\n");
  await tab.shows(/^\[exited\]$/m);
  await tab.type("echo 'back in the shell'\n");
  await tab.shows(/^back in the shell$/m);
});
