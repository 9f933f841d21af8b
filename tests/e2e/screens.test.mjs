import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { FakeServer } from "../js/support/fake_server.mjs";
import { launch, Tab } from "./support/browser.mjs";

const STATIC = process.env.TELLINA_STATIC ?? new URL("../../build/share/tellina/static/", import.meta.url).pathname;

const STUDY = {
  state: "ready",
  state_number: 1,
  task: {
    number: 1,
    total: 2,
    type: "stdout",
    description: "Print the names of all files.\nSecond line with <b>no markup</b>.",
    duration_in_seconds: 90,
    time_left_in_seconds: null,
  },
  previous: null,
};

/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/**
 * @param {string} name
 * @param {(parts: {server: FakeServer, address: string, context: import("playwright-core").BrowserContext}) => Promise<void>} body
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
function page_test(name, body, options = {}) {
  test(name, { timeout: 60_000 }, async () => {
    const server = new FakeServer(STATIC, structuredClone(STUDY));
    const address = await server.start();
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
    try {
      await body({ server, address, context });
    } finally {
      await context.close();
      await server.stop();
    }
  });
}

/** @param {Tab} tab */
async function start(tab) {
  await tab.card("start");
  await tab.press("Start");
  await tab.terminal();
  await tab.shows(/\$/);
}

/** @param {Tab} tab */
const heading = (tab) => tab.page.locator("dialog[open] h2").textContent();

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  page_test(
    `the study from start to end, ${colorScheme}`,
    async ({ server, address, context }) => {
      const tab = await Tab.open(context, address);
      await tab.card("start");
      assert.equal(await tab.page.locator("#task_number").textContent(), "Task 1 of 2");
      assert.match((await tab.page.locator("dialog .description").textContent()) ?? "", /<b>no markup<\/b>/);
      assert.match((await tab.page.locator("dialog").first().textContent()) ?? "", /1 minute and 30 seconds/);
      assert.equal(await tab.page.locator("#actions").isVisible(), false);
      await tab.screenshot(`start_${colorScheme}`);
      await start(tab);
      assert.match((await tab.page.locator("#clock").textContent()) ?? "", /^1:(30|29|28)$/);
      await tab.type("echo hello\n");
      await tab.shows(/^\$ echo hello\n\$/);
      server.print("\x1b[31mred\x1b[32m green\x1b[33m yellow\x1b[34m blue\x1b[35m magenta\x1b[36m cyan\x1b[0m\r\n$ ");
      const detail = [{ path: "dir1/a", status: "incorrect" }, { path: "b", status: "extra" }, { path: "c", status: "matched" }];
      server.say({ type: "progress", matched: 1, missing: 2, extra: 1, incorrect: 1, detail });
      await tab.page.waitForFunction(() => document.querySelectorAll("#progress li").length === 2);
      await tab.shows(/cyan/);
      await tab.screenshot(`running_${colorScheme}`);
      server.end_task("passed");
      await tab.card("passed");
      assert.equal(await heading(tab), "Well done!");
      await tab.page.keyboard.press("Enter");
      await tab.page.keyboard.press("Escape");
      await tab.card("passed");
      await tab.screenshot(`passed_${colorScheme}`);
      await tab.press("Start the next task");
      await tab.terminal();
      assert.equal(await tab.page.locator("#task_number").textContent(), "Task 2 of 2");
      await tab.shows(/^\$\s*$/);
      server.end_task("timed_out");
      await tab.card("end");
      await tab.screenshot(`end_${colorScheme}`);
      assert.equal(server.messages.filter(({ type }) => type === "start_task").length, 2);
      assert.deepEqual(tab.complaints, []);
      assert.deepEqual(tab.foreign_requests, []);
    },
    { colorScheme },
  );
}

page_test("a link without an access code, and one with a wrong one", async ({ address, context }) => {
  const tab = await Tab.open(context, address, "");
  await tab.card("login");
  assert.deepEqual(tab.complaints, []);
  await tab.type("nobody\n");
  await tab.page.waitForFunction(() => document.querySelector("dialog[open] .complaint") !== null);
  assert.match((await tab.page.locator(".complaint").textContent()) ?? "", /not known/);
  await tab.screenshot("login_wrong");
  await tab.type("bob\n");
  await tab.card("start");
  assert.equal(new URL(tab.page.url()).search, "?access_code=bob");
});

page_test("a task that cannot be started, and then can", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  server.refusals.set("start_task", { code: "sandbox_unavailable", message: "there is no room for another terminal" });
  await tab.card("start");
  await tab.press("Start");
  await tab.page.getByText("there is no room for another terminal").waitFor();
  await tab.press("Try again");
  await tab.terminal();
  assert.deepEqual(tab.complaints, []);
});

page_test("a lost connection says so, keeps what is typed and comes back", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.type("ab");
  await tab.shows(/\$ ab/);
  server.is_accepting = false;
  server.break();
  await tab.connection("lost");
  await tab.type("cd");
  await tab.page.waitForFunction(() => /Attempt [2-9]/.test(document.querySelector("#connection")?.textContent ?? ""));
  await tab.screenshot("connection_lost");
  assert.equal(server.input, "ab");
  server.is_accepting = true;
  await tab.connection("connected");
  await tab.shows(/^\$ abcd$/m);
  assert.equal(server.input, "abcd");
});

page_test("a refresh brings the same terminal back", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.type("before");
  await tab.shows(/\$ before/);
  await tab.page.reload();
  await tab.terminal();
  await tab.shows(/\$ before/);
  await tab.type(" after");
  await tab.shows(/^\$ before after$/m);
  assert.equal(server.input, "before after");
  assert.deepEqual(tab.complaints, []);
});

page_test("a newer tab takes over, and the older can take it back", async ({ address, context }) => {
  const old = await Tab.open(context, address);
  await start(old);
  const newer = await Tab.open(context, address);
  await newer.terminal();
  await old.card("replaced");
  await old.screenshot("replaced");
  await newer.type("new");
  await newer.shows(/\$ new/);
  await old.page.bringToFront();
  await old.press("Use it here");
  await old.terminal();
  await old.shows(/\$ new/);
  await newer.card("replaced");
  await old.type(" old");
  await old.shows(/^\$ new old$/m);
  assert.deepEqual([...old.complaints, ...newer.complaints], []);
});

page_test("starting over and giving up ask first", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.type("mess");
  await tab.shows(/mess/);
  await tab.press("Start over");
  await tab.card("reset");
  await tab.screenshot("reset_question");
  await tab.press("Go on as it is");
  await tab.terminal();
  await tab.press("Start over");
  await tab.page.locator("dialog[open]").getByRole("button", { name: "Start over" }).click();
  await tab.terminal();
  await tab.shows(/^\$\s*$/);
  await tab.press("Give up");
  await tab.card("give_up");
  await tab.press("Go on with the task");
  await tab.terminal();
  assert.deepEqual(server.messages.filter(({ type }) => type === "give_up"), []);
  await tab.press("Give up");
  await tab.page.locator("dialog[open]").getByRole("button", { name: "Give up" }).click();
  await tab.card("gave_up");
  assert.equal(server.messages.filter(({ type }) => type === "reset").length, 1);
  assert.deepEqual(tab.complaints, []);
});

page_test("time that runs out while a question is open", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.change({ task: { ...server.study.task, time_left_in_seconds: 3.4 } });
  await tab.page.waitForFunction(() => document.querySelector("#clock")?.textContent === "0:03");
  await tab.press("Give up");
  await tab.card("give_up");
  server.end_task("timed_out");
  await tab.card("timed_out");
  assert.equal(await tab.page.locator("dialog[open]").count(), 1);
  assert.equal(await tab.page.locator("#clock").isVisible(), false);
  assert.deepEqual(tab.complaints, []);
});

page_test("the terminal follows the size of the window", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const first = server.messages.find(({ type }) => type === "hello");
  await tab.page.setViewportSize({ width: 1600, height: 900 });
  await tab.page.waitForFunction(() => document.querySelectorAll(".xterm-rows > div").length > 40);
  const last = server.messages.filter(({ type }) => type === "resize").at(-1);
  assert.ok(last.columns > first.columns && last.rows > first.rows, `${JSON.stringify(first)} ${JSON.stringify(last)}`);
  await tab.page.setViewportSize({ width: 480, height: 800 });
  await tab.page.waitForFunction(() => document.querySelectorAll(".xterm-rows > div").length < 36);
  await tab.screenshot("narrow");
  assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  assert.deepEqual(tab.complaints, []);
});

page_test("an access code that is taken away while the connection is lost", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.access_codes.clear();
  server.break();
  await tab.card("login");
  await tab.connection("refused");
});
