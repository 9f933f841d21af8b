import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { in_context, launch, NO_CONNECTION, Tab } from "./support/browser.mjs";
import { Network } from "./support/network.mjs";
import { Program } from "./support/program.mjs";
import { TIMEOUT } from "./support/stories.mjs";

/** Two participants in one browser, whose tabs share its cookies: each tab keeps the participant of its link. */

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Program} */
let program;
/** The network between the tabs and the server. @type {Network} */
let network;
/** @type {string} */
let over_network;

before(async () => {
  program = await Program.prepare((config) => {
    config.task_duration_in_seconds = 600;
    config.access_codes = ["bob", "alice"];
  });
  [browser] = await Promise.all([launch(), program.start()]);
  network = new Network(program.address);
  over_network = await network.open();
});

after(async () => {
  await browser?.close();
  await network?.close();
  await program?.clean_up();
});

/** @param {import("playwright-core").BrowserContext} context @param {string} address @param {string} access_code */
async function open(context, address, access_code) {
  const tab = await Tab.open(context, address, `?access_code=${access_code}`);
  tab.expected_messages.push(NO_CONNECTION, /status of 40[13]/, /Blocked attempt to show a 'beforeunload'/);
  tab.page.on("dialog", (dialog) => void dialog.accept());
  await tab.page.waitForSelector('body[data-connection="connected"]');
  if ((await tab.page.getAttribute("body", "data-state")) === "ready") {
    await tab.card("start");
    await tab.press("Start");
  }
  await tab.page.waitForSelector('body[data-state="running"][data-connection="connected"]');
  await tab.shows(/\$ *$/m);
  return tab;
}

/** @param {Tab} tab */
async function focus(tab) {
  await tab.page.bringToFront();
  await tab.page.locator("#terminal textarea").focus();
}

/** @param {Tab} tab @param {string} word */
async function echo(tab, word) {
  await focus(tab);
  await tab.type(`echo ${word}-$((6*7))\n`);
  await tab.shows(new RegExp(`^${word}-42$`, "m"));
}

/** Every way in which tabs lose their connections. @type {[string, (tabs: Tab[]) => Promise<void>][]} */
const DISCONNECTIONS = [
  ["cut", async (tabs) => {
    network.cut();
    for (const tab of tabs) await tab.connection("lost");
    network.restore();
  }],
  ["dead", async (tabs) => {
    network.stall();
    for (const tab of tabs) {
      await focus(tab);
      await tab.type(":\n");
    }
    for (const tab of tabs) await tab.page.waitForSelector('body[data-link="broken"]');
    network.restore();
  }],
  ["stopped", async () => {
    await program.stop("SIGTERM");
    await program.start();
  }],
  ["killed", async () => {
    await program.stop("SIGKILL");
    await program.start();
  }],
  ["reloaded", async (tabs) => {
    for (const tab of tabs) await tab.page.reload();
  }],
];

test("two codes in two tabs of one browser work side by side, after every kind of disconnection", { timeout: TIMEOUT }, async () => {
  const options = { viewport: { width: 1280, height: 720 }, reducedMotion: /** @type {const} */ ("reduce") };
  await in_context(browser, { name: "two codes in one browser", log: () => program.log, options }, async (context) => {
    const bob = await open(context, over_network, "bob");
    const alice = await open(context, over_network, "alice");
    for (const [name, disconnect] of DISCONNECTIONS) {
      await disconnect([bob, alice]);
      await Promise.all([bob.connection("connected"), alice.connection("connected")]);
      await echo(bob, `bob-${name}`);
      await echo(alice, `alice-${name}`);
      for (const [tab, other] of /** @type {const} */ ([[bob, "alice"], [alice, "bob"]])) {
        assert.doesNotMatch(await tab.text(), new RegExp(`${other}-`), name);
      }
    }
    await alice.screenshot("identity_alice");

    const second = await open(context, over_network, "bob");
    await bob.connection("replaced");
    await alice.connection("connected");
    await echo(second, "bob-second");
    await bob.press("Use it here");
    await second.connection("replaced");
    await bob.connection("connected");
    await echo(bob, "bob-again");
    await echo(alice, "alice-last");
  });

  for (const [code, other] of [["bob", "alice"], ["alice", "bob"]]) {
    const commands = await program.rows(`SELECT text FROM commands WHERE access_code = '${code}' AND text LIKE 'echo %'`);
    // Commands just before a kill may be lost with the server.
    assert.ok(commands.length > 2, JSON.stringify(commands));
    assert.deepEqual(commands.filter(({ text }) => text.includes(other)), []);
  }
  assert.doesNotMatch(program.log, /another participant|not this participant's/);
});
