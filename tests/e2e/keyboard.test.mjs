import assert from "node:assert/strict";

import { Tab } from "./support/browser.mjs";
import { page_tests, start } from "./support/fake_study.mjs";

const page_test = page_tests();

/** @param {Tab} tab @returns {Promise<string>} Id of the focused element; "terminal" for the terminal. */
const focused = (tab) => tab.page.evaluate(() => (document.activeElement?.closest("#terminal") ? "terminal" : (document.activeElement?.id ?? "")));

page_test("after a click anywhere, keys go to the terminal", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  let typed = "";
  /** @param {string} text */
  const types = async (text) => {
    await tab.type(text);
    typed += text.replaceAll("\n", "\r");
    await tab.page.waitForFunction(() => document.activeElement?.closest("#terminal") !== null);
    for (const end = Date.now() + 10_000; server.input !== typed && Date.now() < end; ) await tab.page.evaluate(() => new Promise(requestAnimationFrame));
    assert.equal(server.input, typed);
  };
  const { mouse, keyboard } = tab.page;
  const press = (/** @type {string} */ name) => tab.page.getByRole("button", { name, exact: true }).click();

  await press("Settings");
  await press("Larger");
  await press("Done");
  await types("ls\n");
  await press("Settings");
  await keyboard.press("Escape");
  await types("a ");
  await press("Settings");
  await tab.card("settings");
  await tab.page.getByRole("button", { name: "Done", exact: true }).focus();
  await keyboard.press("Enter");
  await types("b ");
  await press("Hide the task");
  await types("c d\n");
  await press("Show the task");
  await types(" e");
  await tab.page.locator("#description strong").click();
  await types("pwd\n");
  await press("Give up");
  await press("Keep working");
  await types("f");

  const splitter = await tab.page.locator("#splitter").boundingBox();
  assert.ok(splitter !== null);
  await mouse.move(splitter.x + splitter.width / 2, splitter.y + 100);
  await mouse.down();
  await mouse.move(splitter.x - 40, splitter.y + 120, { steps: 3 });
  await mouse.up();
  await types("g ");
  await tab.page.locator("#description button").first().click();
  await types("h ");
  server.change({ task: { ...server.study.task, ...{ time_left_in_seconds: 60, terminal_replaced: true } } });
  await press("Close");
  await types("i ");

  // A selection stays for Ctrl+C; keys that type go to the terminal.
  const box = await tab.page.locator("#description strong").boundingBox();
  assert.ok(box !== null);
  const select = async () => {
    await mouse.move(box.x + 1, box.y + box.height / 2);
    await mouse.down();
    await mouse.move(box.x + box.width - 1, box.y + box.height / 2, { steps: 3 });
    await mouse.up();
  };
  await select();
  assert.notEqual(await focused(tab), "terminal");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await keyboard.press("Control+C");
  await tab.page.waitForFunction(async () => /^photos?$/.test(await navigator.clipboard.readText()));
  assert.equal(server.input, typed);
  await keyboard.press("Control+V");
  typed += await tab.page.evaluate(() => navigator.clipboard.readText());
  await types("!");
  await select();
  await types("'x y\n");
  await select();
  await keyboard.press("Enter");
  typed += "\r";
  await types("z");
});

page_test("keys that press, scroll or choose keep the focus where it is", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const { keyboard } = tab.page;
  await keyboard.press("Shift+F6");
  assert.equal(await focused(tab), "fold");
  await keyboard.press("Space");
  await tab.page.getByRole("button", { name: "Show the task" }).waitFor();
  assert.equal(await focused(tab), "fold", "the button is still there to press again");
  await keyboard.press("Space");
  await tab.page.locator("#open_settings").focus();
  await keyboard.press("Enter");
  await tab.card("settings");
  await keyboard.press("Escape");
  assert.equal(await focused(tab), "open_settings");
  await keyboard.press("Enter");
  await tab.card("settings");
  await tab.page.getByRole("button", { name: "Done" }).focus();
  await keyboard.press("Enter");
  assert.equal(await focused(tab), "open_settings");
  await keyboard.type("x");
  assert.equal(await focused(tab), "open_settings");
  assert.equal(server.input, "");
});

page_test("Shift+F6 moves between the terminal and the rest, from every button", async ({ address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const { keyboard } = tab.page;
  for (const id of ["fold", "open_settings", "task_text", "splitter", "reset", "give_up"]) {
    await keyboard.press("Shift+F6");
    assert.equal(await focused(tab), "fold");
    await tab.page.locator(`#${id}`).focus();
    await keyboard.press("Shift+F6");
    assert.equal(await focused(tab), "terminal", `from ${id}`);
  }
});

page_test("Start comes first in its card, and a long task scrolls by keys", async ({ server, address, context }) => {
  server.study.task.description = "word ".repeat(20_000);
  const tab = await Tab.open(context, address);
  const { keyboard } = tab.page;
  await tab.card("start");
  await keyboard.press("Tab");
  assert.equal(await tab.page.evaluate(() => document.activeElement?.textContent), "Start");
  await keyboard.press("Enter");
  await tab.terminal();
  const scroller = () => tab.page.evaluate(() => document.activeElement?.scrollTop ?? 0);
  await keyboard.press("Shift+F6");
  for (let count = 0; (await focused(tab)) !== "task_text" && count < 10; count++) await keyboard.press("Tab");
  assert.equal(await focused(tab), "task_text", "the Tab key does not reach the task");
  assert.equal(await scroller(), 0);
  await keyboard.press("PageDown");
  await tab.page.waitForFunction(() => (document.activeElement?.scrollTop ?? 0) > 100);
  await keyboard.press("Space");
  assert.equal(server.input, "");
});

page_test("Shift+F7 announces the status, from everywhere and in every dialog", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  const said = (/** @type {string} */ place) => tab.page.locator(`${place}.announcer`);
  await start(tab);
  const { keyboard } = tab.page;
  const say = (/** @type {object} */ more) => server.change({ task: { ...server.study.task, ...more } });
  say({ time_left_in_seconds: 84.9, clock_stands: true });
  await tab.page.locator("#clock_words").getByText("left, paused").waitFor();
  await keyboard.press("Shift+F7");
  await said("body > ").getByText(/^1 minute and 25 seconds left, paused\. Task 1 of 3\. Your terminal is temporarily unavailable/).waitFor({ state: "attached" });
  assert.equal(server.input, "", "a part of it went to the shell");
  say({ time_left_in_seconds: 60, clock_stands: false });
  await tab.page.waitForFunction(() => !document.querySelector("#clock_words")?.textContent?.includes("paused"));
  await tab.page.locator("#open_settings").focus();
  await keyboard.press("Shift+F7");
  await said("body > ").getByText(/^(1 minute|\d+ seconds) left\. Task 1 of 3\.\s*$/).waitFor({ state: "attached" });
  await keyboard.press("Enter");
  await tab.card("settings");
  await keyboard.press("Shift+F7");
  await said("#settings ").getByText(/left\. Task 1 of 3\./).waitFor({ state: "attached" });
});

page_test("a check is announced after the output that it is about", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await tab.page.evaluate(() => localStorage.setItem("tellina.display", JSON.stringify({ screen_reader: true })));
  await tab.page.reload();
  await start(tab);
  await tab.page.evaluate(() => {
    const heard = /** @type {string[]} */ (Object.assign(window, { heard: [] }).heard);
    const watch = (/** @type {Element | null} */ region, /** @type {string} */ name) => {
      if (region === null) throw new Error(`there is no ${name}`);
      new MutationObserver(() => heard.push(`${name}: ${region.textContent}`)).observe(region, { childList: true, characterData: true, subtree: true });
    };
    watch(document.querySelector(".xterm .live-region"), "output");
    watch(document.querySelector("#announcer"), "page");
  });
  server.print("a.txt  b.txt\r\n$ ");
  server.say({ type: "progress", matched: 1, missing: 2, extra: 0, incorrect: 0 });
  await tab.page.waitForFunction(() => /** @type {any} */ (window).heard.some((/** @type {string} */ what) => what.startsWith("page: Last check")));
  const heard = await tab.page.evaluate(() => /** @type {string[]} */ (/** @type {any} */ (window).heard));
  const output = heard.findIndex((what) => what.startsWith("output: ") && what.includes("b.txt"));
  const check = heard.findIndex((what) => what.startsWith("page: Last check"));
  assert.ok(output >= 0 && output < check, heard.join("\n"));
});

page_test("the first words of a page and of its first card are for screen readers", async ({ address, context }) => {
  const tab = await Tab.open(context, address);
  await tab.card("start");
  const words = /^Using a screen reader\? Turn on/;
  assert.match((await tab.page.locator("header .spoken").textContent()) ?? "", words);
  assert.match((await tab.page.locator("#screen .spoken").textContent()) ?? "", words);
  assert.equal(await focused(tab), "screen_heading");
  const [description] = await tab.page.evaluate(() =>
    ["aria-describedby"].map((attribute) =>
      (document.querySelector("#screen h2")?.getAttribute(attribute) ?? "").split(" ").map((id) => document.getElementById(id)?.textContent).join(" "),
    ),
  );
  assert.equal(await tab.page.locator("#screen_heading").textContent(), "Ready to start?");
  assert.match(description, /This study records every key you type and everything the terminal prints\..*Sort the photos.*You have 1 minute and 30 seconds\. The clock starts when your terminal appears/s);
});

for (const [platform, copy] of [["MacIntel", "⌘C"], ["Linux x86_64", "Ctrl+C"]]) {
  page_test(`the keys are those of ${platform}`, async ({ address, context }) => {
    await context.addInitScript((name) => Object.defineProperty(navigator, "platform", { get: () => name }), platform);
    const tab = await Tab.open(context, address);
    await start(tab);
    assert.match((await tab.page.locator("#terminal_keys").textContent()) ?? "", new RegExp(copy.replace("+", "\\+")));
    await tab.press("Settings");
    assert.equal(await tab.page.locator("#settings kbd").first().textContent(), copy);
  });
}
