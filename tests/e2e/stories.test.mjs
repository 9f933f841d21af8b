import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { in_context, WAIT_TIMEOUT, Tab } from "./support/browser.mjs";
import { Stories, TIMEOUT } from "./support/stories.mjs";

/** Participants who do something unusual. */

const study = new Stories(["tabs", "paste", "unread", "programs"]);

test("a wrong code is refused, and the right one is accepted", { timeout: TIMEOUT }, async () => {
  await in_context(study.browser, { name: "a wrong code", log: () => study.program.log }, async (context) => {
    const tab = await Tab.open(context, study.program.address, "?access_code=nobody");
    tab.expected_messages.push(/status of 401/);
    await tab.card("login");
    await tab.page.getByText("This access code does not exist").waitFor();
    await tab.type("tabs\n");
    await tab.card("start");
    assert.equal(new URL(tab.page.url()).search, "?access_code=tabs");
  });
});

study.story("a second tab takes over the running shell, and the first can take it back", "tabs", async (old, context) => {
  await old.type("place=here\n");
  await old.shows(/place=here\n.*\$ *$/m);
  const newer = await study.open(context, "tabs");
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

study.story("a paste of 1 MiB arrives whole", "paste", async (tab) => {
  const pasted = Array.from({ length: 16384 }, (_, number) => `line ${String(number).padStart(58, "0")}\n`).join("");
  assert.equal(pasted.length, 1 << 20);
  // Until the shell has started the program, a paste would be bracketed.
  await tab.type("stty -echo; echo 'to be pasted'; cat > pasted; md5sum pasted; stty echo\n");
  await tab.shows(/^to be pasted$/m);
  await tab.paste(pasted);
  await tab.page.locator("#paste_bar").waitFor();
  await tab.screenshot("story_paste");
  await tab.page.locator("#paste_bar").waitFor({ state: "hidden", timeout: 2 * WAIT_TIMEOUT });
  await tab.page.keyboard.press("Control+D");
  await tab.shows(new RegExp(`^${createHash("md5").update(pasted).digest("hex")}  pasted$`, "m"));
});

study.story("a reset during a large paste sends none of it to the fresh shell", "unread", async (tab) => {
  await tab.type("sleep 1000\n");
  await tab.shows(/sleep 1000$/m);
  await tab.paste("echo bad\n".repeat(20_000));
  await tab.page.locator("#paste_bar").waitFor();
  await tab.press("Reset files");
  await tab.press("Reset files");
  await tab.page.locator("#paste_bar").waitFor({ state: "hidden" });
  await tab.shows(/^\S+\$\s*$/);
  await tab.type("echo fine\n");
  await tab.shows(/^\S+\$ echo fine\nfine\n\S+\$\s*$/);
  const query = "SELECT kind FROM event_log WHERE access_code = 'unread' AND kind IN ('paste_stopped', 'reset', 'input_dropped') ORDER BY kind";
  let events = [];
  // Reports of the page and the server may come a little later.
  for (const end = Date.now() + WAIT_TIMEOUT; events.length < 3 && Date.now() < end; await pause(50)) events = await study.program.rows(query);
  assert.deepEqual(events.map(({ kind }) => kind), ["input_dropped", "paste_stopped", "reset"]);
});

study.story("programs that fill the screen look right after a refresh", "programs", async (tab) => {
  const refresh = async () => {
    await tab.page.reload();
    await tab.terminal();
  };
  await tab.type("seq 1 500 > numbers; nano numbers\n");
  // nano may draw the lines above the message last.
  await tab.shows(/GNU nano[^]*\n\d+\n +\[ Read 500 lines[^]*\^X Exit/);
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
  await tab.shows(/^(?![^]*│)[^]*\n\[0\] 0:bash\*/);  // one pane is left
  await tab.type("exit\n");
  await tab.shows(/^\[exited\]$/m);
  await tab.type("echo 'back in the shell'\n");
  await tab.shows(/^back in the shell$/m);
});
