import assert from "node:assert/strict";

import { NO_CONNECTION, Tab } from "./support/browser.mjs";
import { page_tests, start } from "./support/fake_study.mjs";

const page_test = page_tests();

/** @param {Tab} tab */
const background = (tab) => tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
/** @param {Tab} tab */
const columns = (tab) => tab.page.evaluate(() => document.querySelectorAll(".xterm-rows > div").length);
/** @param {Tab} tab */
const fits_in_width = (tab) => tab.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
/** @param {Tab} tab @returns {Promise<string>} Id or text of the focused element. */
const focused = (tab) => tab.page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || "");

page_test("theme, font size and the hidden task are remembered", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await tab.card("start");
  await tab.press("Settings");
  await tab.card("settings");
  await tab.prove("settings");
  await tab.page.emulateMedia({ colorScheme: "light" });
  const light = await background(tab);
  await tab.page.getByLabel("Dark").check();
  const dark = await background(tab);
  assert.notEqual(dark, light);
  await tab.page.keyboard.press("Escape");
  await tab.card("start");
  await start(tab);
  const rows = await columns(tab);
  await tab.press("Settings");
  for (let step = 0; step < 5; step++) await tab.press("Larger");
  assert.equal(await tab.page.locator("#font_size").textContent(), "20 pixels");
  await tab.press("Done");
  await tab.page.waitForFunction((before) => document.querySelectorAll(".xterm-rows > div").length < before, rows);
  await tab.press("Hide the task");
  assert.equal(await tab.page.locator("#task").isVisible(), false);
  const wider = await server.heard("resize", (size) => size.columns > 90);
  assert.ok(wider.rows < rows);
  await tab.prove("folded");
  await tab.page.emulateMedia({ colorScheme: "light" });
  await tab.page.reload();
  await tab.terminal();
  assert.equal(await background(tab), dark);
  assert.equal(await tab.page.locator("#task").isVisible(), false);
  assert.ok((await columns(tab)) < rows);
  await tab.press("Show the task");
  assert.equal(await tab.page.locator("#task").isVisible(), true);
});

page_test("the text of a task runs nothing and loads nothing", async ({ server, address, context }) => {
  server.study.task.description = `# Heading
<img src="x" onerror="document.title='run'"><script>document.title = "run"</script>
[bad](javascript:alert(1)) [good](https://example.org/) ![picture](http://192.0.2.1/picture.png)

| a | b |
| - | - |
| 1 | \`2\` |`;
  const tab = await Tab.open(context, address);
  await tab.card("start");
  const text = tab.page.locator("#screen .markdown");
  assert.deepEqual(await text.locator("a[href]").evaluateAll((links) => links.map((link) => link.getAttribute("href"))), ["https://example.org/"]);
  assert.equal(await text.locator("img, script").count(), 0);
  assert.equal(await text.locator("h3").textContent(), "Heading");
  assert.equal(await text.locator("td code").textContent(), "2");
  assert.match((await text.textContent()) ?? "", /<img src="x" onerror=.*<script>/);
  await tab.prove("start_markdown");
  assert.deepEqual(tab.foreign_requests, []);
});

page_test("full screen works, and asks for the browser's reserved keys", async ({ address, context }) => {
  await context.addInitScript(() => {
    const lock = async (/** @type {string[]} */ keys) => void Object.assign(window, { locked: keys });
    Object.defineProperty(navigator, "keyboard", { value: { lock } });
  });
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.press("Full screen");
  await tab.page.waitForFunction(() => document.fullscreenElement !== null);
  await tab.page.waitForFunction(() => document.activeElement?.closest("#terminal") !== null);
  assert.deepEqual(await tab.page.evaluate(() => /** @type {any} */ (window).locked), ["KeyW", "KeyT", "KeyN", "KeyQ", "Escape"]);
  await tab.press("Settings");
  await tab.page.getByText("go to the terminal in full screen").waitFor();
  await tab.press("Done");
  await tab.press("Leave full screen");
  await tab.page.waitForFunction(() => document.fullscreenElement === null);
});

page_test("reserved keys are not listed if the browser does not pass them on", async ({ address, context }) => {
  await context.addInitScript(() => Object.defineProperty(navigator, "keyboard", { value: undefined }));
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.press("Settings");
  await tab.page.locator("#settings dd").getByText("moves between the terminal and the rest").waitFor();
  assert.equal(await tab.page.getByText("go to the terminal in full screen").count(), 0);
  await tab.press("Done");
  await tab.press("Full screen");
  await tab.page.waitForFunction(() => document.fullscreenElement !== null);
  await tab.terminal();
});

page_test("everything can be done with the keyboard alone", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  const { keyboard } = tab.page;
  const tab_to = async (/** @type {string} */ wanted) => {
    for (let count = 0; (await focused(tab)) !== wanted; count++) {
      assert.ok(count < 12, `the Tab key does not reach ${wanted}, but ${await focused(tab)}`);
      await keyboard.press("Tab");
    }
  };
  await tab.card("start");
  assert.equal(await focused(tab), "screen_heading");
  await tab_to("Start");
  await keyboard.press("Enter");
  await tab.terminal();
  await tab.shows(/\$/);
  await tab.type("one\ttwo");
  await tab.shows(/one\s+two/);
  assert.equal(server.input, "one\ttwo", "the Tab key is the shell's");
  await keyboard.press("Shift+F6");
  assert.equal(await focused(tab), "fold");
  await tab_to("give_up");
  await keyboard.press("Enter");
  await tab.card("give_up");
  await keyboard.press("Escape");
  await tab.terminal();
  await keyboard.press("Shift+F6");
  await tab_to("open_settings");
  await keyboard.press("Enter");
  await tab.card("settings");
  await keyboard.press("Escape");
  assert.equal(await focused(tab), "open_settings", "the keyboard is back where it was");
  await tab_to("give_up");
  await keyboard.press("Enter");
  await tab_to("Give up");
  await keyboard.press("Enter");
  await tab.card("gave_up");
});

page_test(
  "at 320 pixels everything is visible and inside the window, and a phone shows that it needs a keyboard",
  async ({ address, context }) => {
    const tab = await Tab.open(context, address);
    await tab.card("start");
    await tab.page.getByText("Use a computer with a keyboard").waitFor();
    assert.ok(await fits_in_width(tab));
    await tab.prove("phone_start");
    await start(tab);
    assert.ok(await fits_in_width(tab));
    await tab.prove("phone_running");
    await tab.press("Settings");
    await tab.card("settings");
    assert.ok(await fits_in_width(tab));
    await tab.prove("phone_settings");
    await tab.press("Done");
    await tab.press("Give up");
    await tab.card("give_up");
    assert.ok(await fits_in_width(tab));
    await tab.prove("phone_give_up");
  },
  { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true },
);

page_test(
  "at 200 % zoom the task, the clock and the terminal can all be reached",
  async ({ address, context }) => {
    const tab = await Tab.open(context, address);
    await tab.card("start");
    assert.equal(await tab.page.getByText("Use a computer with a keyboard").isVisible(), false);
    await tab.page.getByRole("button", { name: "Start", exact: true }).scrollIntoViewIfNeeded();
    await start(tab);
    assert.ok(await fits_in_width(tab));
    await tab.type("echo seen");
    await tab.shows(/echo seen/);
    const clock = await tab.page.locator("#clock").boundingBox();
    assert.ok(clock !== null && clock.y >= 0 && clock.y < 60, `the clock is out of sight: ${JSON.stringify(clock)}`);
    await tab.prove("zoomed");
    for (const [button, card, back] of [["Settings", "settings", "Done"], ["Reset files", "reset", "Keep working"], ["Give up", "give_up", "Give up"]]) {
      await tab.press(button);
      await tab.card(card);
      assert.ok(await fits_in_width(tab));
      await tab.prove(`zoomed_${card}`);
      await tab.press(back);
    }
    await tab.card("gave_up");
    assert.ok(await fits_in_width(tab));
    await tab.prove("zoomed_gave_up");
  },
  { viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 },
);

for (const { name, options } of [
  { name: "at 320 pixels", options: { viewport: { width: 320, height: 640 } } },
  { name: "at 200 % zoom", options: { viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 } },
]) {
  page_test(
    `${name} a lost connection is seen, and moves nothing`,
    async ({ server, address, context }) => {
      const tab = await Tab.open(context, address);
      tab.expected_messages.push(NO_CONNECTION);
      await start(tab);
      const place = () => tab.page.locator("#terminal").boundingBox();
      const before = await place();
      server.is_accepting = false;
      server.break();
      await tab.connection("lost");
      assert.deepEqual(await place(), before);
      const is_in_sight = await tab.page.locator("#connection").evaluate((line) => {
        const { left, top, bottom } = line.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight && line.contains(document.elementFromPoint(left + 5, (top + bottom) / 2));
      });
      assert.ok(is_in_sight, "the line of the connection is out of sight");
      assert.ok(await fits_in_width(tab));
      await tab.prove(`connection_lost_${options.viewport.width}`);
      // The longest sentence, which comes after some attempts.
      await tab.page.getByText("something on the network blocks the live connection").first().waitFor();
      assert.deepEqual(await place(), before);
      assert.ok(await fits_in_width(tab));
      await tab.prove(`connection_blocked_${options.viewport.width}`);
    },
    options,
  );
}

page_test("the terminal follows the size of the window", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const first = await server.heard("hello");
  await tab.page.setViewportSize({ width: 1600, height: 900 });
  await server.heard("resize", (size) => size.columns > first.columns && size.rows > first.rows);
  await tab.page.setViewportSize({ width: 480, height: 800 });
  await server.heard("resize", (size) => size.columns < first.columns);
  assert.ok(await fits_in_width(tab));
});

page_test("with reduced motion nothing moves", async ({ address, context }) => {
  const tab = await Tab.open(context, address);
  await tab.card("start");
  const animation = (/** @type {string} */ name) =>
    tab.page.waitForFunction((wanted) => getComputedStyle(/** @type {Element} */ (document.querySelector("#screen .card"))).animationName === wanted, name);
  await animation("none");
  await tab.page.emulateMedia({ reducedMotion: "no-preference" });
  await animation("appear");
});
