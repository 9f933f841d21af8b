import assert from "node:assert/strict";

import { NO_CONNECTION, Tab } from "./support/browser.mjs";
import { page_tests, start } from "./support/fake_study.mjs";

const page_test = page_tests();

const SIZES = [
  { width: 1280, height: 720 },
  { width: 1024, height: 768 },
  { width: 820, height: 1180 },
  // 1280 x 800 at 200 % zoom.
  { width: 640, height: 400 },
  { width: 320, height: 640 },
];

const LONG_TASK = `# Clean up the archive

Delete every log in \`archive\` that is **older than a week**, with \`find archive -name '*.log' -mtime +7\`, say. A name that is long:
\`find archive -type f -newermt 2023-01-01 -print0 | xargs -0 --no-run-if-empty rm\`

| option | what it does | example |
| --- | --- | --- |
| \`-newermt\` | changed after a point in time | \`-newermt 2023-01-01\` |
| \`-maxdepth\` | how many folders deep it looks at most | \`-maxdepth 1\` |

\`\`\`
find archive -type f -name '*.log' -print0 | xargs -0 --no-run-if-empty ls -l
\`\`\`

- [ ] \`archive/2022\`
- [x] \`archive/2021\`

${"Whatever else is in the archive stays where it is, with its name, its content and the time of its last change.\n\n".repeat(12)}`;

/** @param {Tab} tab */
const size_of_terminal = (tab) =>
  tab.page.evaluate(() => {
    const rows = document.querySelectorAll(".xterm-rows > div").length;
    const { width } = /** @type {Element} */ (document.querySelector(".xterm-screen")).getBoundingClientRect();
    return { rows, width: Math.round(width) };
  });

/** @param {Tab} tab */
async function fits(tab) {
  const { x, y } = await tab.page.evaluate(() => ({
    x: document.documentElement.scrollWidth - innerWidth,
    y: document.documentElement.scrollHeight - innerHeight,
  }));
  assert.deepEqual([x <= 0, y <= 0], [true, true], `the page is larger than the window by ${x} x ${y} pixels`);
}

/** Whether all of it is inside the window. @param {Tab} tab @param {string} selector */
const is_in_sight = (tab, selector) =>
  tab.page.locator(selector).evaluate((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight && right > left;
  });

for (const viewport of SIZES) {
  const size = `${viewport.width}`;

  page_test(
    `${size} pixels wide: every state fits into the window`,
    async ({ server, address, context }) => {
      const login = await Tab.open(context, address, "");
      await login.card("login");
      await login.prove(`layout_${size}_login`);
      await fits(login);
      await login.page.close();
      server.study.task = { ...server.study.task, number: 3, total: 22, description: LONG_TASK, duration_in_seconds: 600 };
      const tab = await Tab.open(context, address);
      tab.expected_messages.push(NO_CONNECTION);
      const prove = async (/** @type {string} */ state) => {
        await fits(tab);
        await tab.prove(`layout_${size}_${state}`);
      };
      await tab.card("start");
      assert.ok(await is_in_sight(tab, "#screen footer button"), "Start is out of sight");
      await prove("start_long");
      await start(tab);
      const running = await size_of_terminal(tab);
      assert.ok(await is_in_sight(tab, "#description h3"), "the beginning of the task is out of sight");
      for (const id of ["#clock", "#reset", "#give_up", "#terminal", "#open_settings", "#fold"]) assert.ok(await is_in_sight(tab, id), `${id} is out of sight`);
      const task = await tab.page.locator("#task").boundingBox();
      if (viewport.width < 1024) assert.ok((task?.height ?? 0) <= 0.3 * viewport.height + 1, `the task has ${task?.height} pixels`);
      assert.ok(running.rows >= (viewport.height < 500 ? 6 : 15), `the terminal has ${running.rows} rows`);
      await tab.type("ls -R\n");
      server.print("\x1b[1;34marchive\x1b[0m:\r\n\x1b[35m2021  2022\x1b[0m  notes.txt\r\n\x1b[32m$\x1b[0m ");
      await tab.shows(/notes\.txt/);
      const counts = { matched: 1, missing: 2, extra: 1, incorrect: 1 };
      const detail = [{ path: "archive/2022/may.log", status: "extra" }, { path: "archive/2021", status: "incorrect", differs: ["mode"] }];
      server.say({ type: "progress", ...counts, detail });
      await tab.page.locator("#check").waitFor({ state: "attached" });
      await prove("running");
      server.change({ task: { ...server.study.task, time_left_in_seconds: 25 } });
      await tab.page.waitForSelector("#clock_box:not([data-level=enough])");
      await prove("time_short");
      server.change({ task: { ...server.study.task, clock_stands: true, time_left_in_seconds: 61 } });
      await tab.page.locator("#trouble").waitFor();
      await prove("clock_stands");
      server.change({ task: { ...server.study.task, clock_stands: false, terminal_replaced: true, time_left_in_seconds: 500 } });
      server.say({ type: "error", code: "internal", message: "the disk is full" });
      await tab.page.locator("#notice").waitFor();
      await prove("trouble_and_notice");
      await tab.page.locator("#notice").getByRole("button", { name: "Close" }).click();
      await tab.page.locator("#trouble_close").click();
      server.is_acknowledging = false;
      await tab.paste("0123456789abcde\n".repeat(5000));
      await tab.page.locator("#paste_bar").waitFor();
      await prove("pasting");
      assert.deepEqual(await size_of_terminal(tab), running, "a banner changes the size of the terminal");
      const since_start = server.messages.slice(server.messages.findIndex(({ type }) => type === "start_task"));
      assert.deepEqual(since_start.filter(({ type }) => type === "resize"), [], "the shell was told another size");
      await tab.page.locator("#paste_bar_stop").click();
      server.is_acknowledging = true;
      server.acknowledge();
      await tab.page.locator("#give_up").click();
      await tab.card("give_up");
      await prove("question");
      await tab.page.keyboard.press("Escape");
      await tab.press("Settings");
      await tab.card("settings");
      assert.ok(await is_in_sight(tab, "#settings footer button"), "Done is out of sight");
      await prove("settings");
      await tab.press("Done");
      server.is_accepting = false;
      server.break();
      await tab.connection("lost");
      await prove("connection_lost");
      assert.deepEqual(await size_of_terminal(tab), running, "a lost connection changes the size of the terminal");
      server.is_accepting = true;
      await tab.connection("connected");
      await tab.press("Hide the task");
      await tab.page.locator("#task").waitFor({ state: "hidden" });
      await prove("folded");
      await tab.press("Show the task");
      server.end_task("passed");
      await tab.page.locator("#solved").waitFor();
      assert.ok(await is_in_sight(tab, "#solved button"), "the button to continue is out of sight");
      await prove("solved");
      await tab.solved();
      await prove("passed");
      await start(tab, "passed");
      server.end_task("gave_up");
      await tab.card("gave_up");
      await prove("gave_up");
      await start(tab, "gave_up");
      server.end_task("timed_out");
      await tab.card("timed_out");
      await prove("timed_out");
      await start(tab, "timed_out");
      server.study.task.number = 22;
      server.study.outcomes = Array.from({ length: 21 }, (_, index) => ({ number: index + 1, state: ["passed", "gave_up", "timed_out", "interrupted"][index % 4] }));
      server.end_task("gave_up");
      await tab.card("end");
      await prove("end");
      await tab.page.locator("#screen summary").click();
      await prove("end_unfolded");
    },
    { viewport },
  );
}
