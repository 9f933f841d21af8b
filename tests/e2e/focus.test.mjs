import assert from "node:assert/strict";

import { NO_CONNECTION, Tab } from "./support/browser.mjs";
import { page_tests, start } from "./support/fake_study.mjs";

const page_test = page_tests();

const REFUSAL = { code: "sandbox_unavailable", message: "there is no room for another terminal", reference: "3F7A" };

/** @param {Tab} tab @returns {Promise<string>} Text or id of the focused element. */
const focused = (tab) => tab.page.evaluate(() => (document.activeElement?.tagName === "BUTTON" ? (document.activeElement.textContent ?? "") : (document.activeElement?.id ?? "")));
/** @param {Tab} tab @param {string} name */
const focus = (tab, name) => tab.page.getByRole("button", { name, exact: true }).focus();

page_test("the Start button keeps the focus while the task starts, and if that fails", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  server.is_starting = false;
  await tab.card("start");
  await focus(tab, "Start");
  await tab.page.keyboard.press("Enter");
  const { id } = await server.heard("start_task");
  await tab.page.getByText("Preparing your terminal…").waitFor();
  assert.equal(await focused(tab), "Preparing your terminal…");
  await tab.page.keyboard.press("Enter");
  server.say({ type: "error", ...REFUSAL, id });
  await tab.page.getByText("We could not start your terminal.").waitFor();
  assert.equal(await focused(tab), "Try again");
  assert.equal(server.messages.filter(({ type }) => type === "start_task").length, 1, "a second press during the request sent another request");
  server.is_starting = true;
  await tab.page.keyboard.press("Enter");
  await tab.terminal();
});

page_test("a notice is visible with the task hidden, and its buttons return the focus to the terminal", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const notice = tab.page.locator("#notice");
  server.lost_requests.add("reset");
  await tab.press("Reset files");
  await tab.press("Reset files");
  const { id } = await server.heard("reset");
  await tab.terminal();
  assert.equal(await tab.page.locator("#reset").getAttribute("aria-disabled"), "true");
  await tab.page.locator("#reset").click({ force: true });
  assert.equal(await tab.page.locator("dialog[open]").count(), 0, "a second question opened while the first request was pending");
  await tab.press("Hide the task");
  server.say({ type: "error", ...REFUSAL, id });
  await notice.getByText("We could not reset your files.").waitFor();
  await tab.prove("notice_while_folded");
  server.lost_requests.clear();
  await focus(tab, "Try again");
  await tab.page.keyboard.press("Enter");
  await server.heard("reset", (message) => message.id !== id);
  await notice.waitFor({ state: "hidden" });
  await tab.terminal();
  server.say({ type: "error", code: "internal", message: "the disk is full" });
  await notice.getByText("the disk is full").waitFor();
  assert.equal(await notice.getByRole("button").count(), 1, "there is nothing to try again");
  await focus(tab, "Close");
  await tab.page.keyboard.press("Enter");
  await notice.waitFor({ state: "hidden" });
  await tab.terminal();
  server.say({ type: "error", code: "internal", message: "the disk is full" });
  await notice.waitFor();
  server.end_task("passed");
  await tab.page.locator("#solved").waitFor();
  assert.equal(await notice.isVisible(), false);
});

page_test("the end of a paste returns the focus to the terminal", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.is_acknowledging = false;
  await tab.paste("0123456789abcde\n".repeat(5000));
  await focus(tab, "Stop");
  server.is_acknowledging = true;
  server.acknowledge();
  await tab.page.locator("#paste_bar").waitFor({ state: "hidden" });
  await tab.terminal();
  assert.equal(server.input.length, 80_000);
});

page_test("the font size has limits, at which its buttons keep the focus", async ({ address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.press("Settings");
  for (const [button, end] of [["Smaller", "10 pixels"], ["Larger", "32 pixels"]]) {
    await focus(tab, button);
    for (let count = 0; count < 24; count++) await tab.page.keyboard.press("Enter");
    assert.equal(await tab.page.locator("#font_size").textContent(), end);
    assert.equal(await focused(tab), button);
    assert.equal(await tab.page.getByRole("button", { name: button }).getAttribute("aria-disabled"), "true");
  }
  await tab.prove("settings_at_the_end");
});

page_test("updates of a running task leave the focus where it is", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await focus(tab, "Hide the task");
  server.change({ task: { ...server.study.task, time_left_in_seconds: 61 } });
  await tab.page.waitForFunction(() => document.querySelector("#clock")?.textContent === "1:01");
  assert.equal(await focused(tab), "Hide the task");
});

page_test("Escape closes questions and settings from anywhere in them, and no other card", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await tab.card("start");
  for (let count = 0; count < 3; count++) {
    await tab.page.getByText("You have 1 minute and 30 seconds.").click();
    await tab.page.keyboard.press("Escape");
  }
  await tab.card("start");
  await tab.press("Settings");
  await tab.page.getByText("Keys in the terminal").click();
  await tab.page.keyboard.press("Escape");
  await tab.card("start");
  assert.equal(await tab.page.locator("dialog[open]").count(), 0);
  assert.equal(await focused(tab), "Settings");
  await start(tab);
  for (const name of ["Give up", "Reset files"]) {
    await tab.press(name);
    await tab.page.locator("#question p").first().click();
    await tab.page.keyboard.press("Escape");
    await tab.terminal();
  }
  await tab.press("Give up");
  await tab.press("Give up");
  await tab.card("gave_up");
  assert.equal(server.messages.filter(({ type }) => type === "reset").length, 0);
});

page_test("with the settings open, announcements are made in the settings", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  tab.expected_messages.push(NO_CONNECTION);
  await tab.card("start");
  await tab.press("Settings");
  await tab.card("settings");
  server.is_accepting = false;
  server.break();
  await tab.page.locator("#settings .announcer").getByText("Connection lost").waitFor({ state: "attached" });
  assert.equal(await tab.page.locator("#announcer").textContent(), "");
});
