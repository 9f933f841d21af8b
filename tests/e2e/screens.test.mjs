import assert from "node:assert/strict";

import { NO_CONNECTION, Tab } from "./support/browser.mjs";
import { page_tests, start } from "./support/fake_study.mjs";

const page_test = page_tests();

/** @param {Tab} tab @param {string} selector */
const text = async (tab, selector) => (await tab.page.locator(selector).textContent()) ?? "";

page_test("the study from start to end", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await tab.card("start");
  assert.equal(await text(tab, "#task_number"), "Task 1 of 3");
  assert.equal(await text(tab, "#screen .markdown strong"), "photos");
  assert.match(await text(tab, "#screen .markdown"), /<b>no markup<\/b>/);
  assert.equal(await tab.page.locator("#screen .markdown a").getAttribute("rel"), "noopener noreferrer");
  assert.match(await text(tab, "#screen"), /1 minute and 30 seconds/);
  assert.equal(await tab.page.locator("#actions").isVisible(), false);
  await tab.prove("start");
  await start(tab);
  assert.match(await text(tab, "#clock"), /^(1:30|1:[0-2]\d|0:\d\d)$/);
  assert.equal(await tab.page.title(), "Task 1 of 3 – Finding files");
  await tab.type("ls -R inbox\n");
  await tab.shows(/^\$ ls -R inbox\n\$/);
  server.print("\x1b[1;34minbox\x1b[0m:\r\n\x1b[35mbeach.jpg  hills.jpg\x1b[0m  notes.txt\r\n\x1b[32m$\x1b[0m ");
  const detail = [
    { path: "inbox/beach.jpg", status: "extra" },
    { path: "photos", status: "matched" },
    { path: "photos/2023/hills.jpg", status: "incorrect", differs: ["content", "mode"] },
  ];
  server.say({ type: "progress", matched: 1, missing: 2, extra: 1, incorrect: 1, detail });
  await tab.page.locator("#check_wrong summary").click();
  await tab.page.waitForSelector(".tree .tree .tree [data-status=incorrect]");
  assert.equal(await text(tab, "#check_summary"), "Not done yet: 2 things are missing, 1 should not be here, 1 is wrong.");
  assert.match(
    await text(tab, "#check_wrong"),
    /^Still to fix\s*inbox\/\s*beach\.jpg should not be here\s*photos\/\s*2023\/\s*hills\.jpg wrong content, wrong permissions$/,
  );
  assert.equal(await text(tab, "#check_right summary"), "Done: 1");
  assert.equal(await tab.page.locator("#check_right code").isVisible(), false, "right names are folded");
  await tab.shows(/notes\.txt/);
  await tab.prove("running");
  server.end_task("passed");
  const solved = tab.page.locator("#solved");
  await solved.getByRole("heading", { name: "Task 1 solved" }).waitFor();
  for (const key of ["Enter", "Escape", "l", " "]) await tab.page.keyboard.press(key);
  await tab.shows(/notes\.txt/);
  assert.equal(await text(tab, "#description strong"), "photos");
  assert.equal(await tab.page.locator("#actions").isVisible(), false);
  await tab.prove("solved");
  await tab.solved();
  assert.equal(await tab.page.locator("#terminal").isVisible(), false);
  assert.equal(await text(tab, "#screen h2"), "Task 1 solved");
  for (const key of ["Enter", "Escape", "Escape", " "]) await tab.page.keyboard.press(key);
  await tab.card("passed");
  await tab.prove("passed");
  await tab.press("Start the next task");
  await tab.terminal();
  assert.equal(await text(tab, "#task_number"), "Task 2 of 3");
  assert.equal(await tab.page.locator("#check").isVisible(), false);
  await tab.shows(/^\$\s*$/);
  server.end_task("timed_out");
  await tab.card("timed_out");
  await tab.prove("timed_out");
  await tab.press("Start the next task");
  await tab.terminal();
  server.end_task("interrupted");
  await tab.card("end");
  assert.match(await text(tab, "#screen"), /Everything is saved\..*You solved 1 of 2 tasks\.Our server failed in 1 task\. It does not count\..*Task 1solved.*Task 2time is up.*Task 3our server failed.*Finding files\. Questions\? a\.researcher@example\.org/);
  await tab.prove("end");
  assert.equal(server.messages.filter(({ type }) => type === "start_task").length, 3);
  assert.deepEqual(tab.foreign_requests, []);
});

page_test("a link without an access code, one with a wrong one, and a server that fails", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address, "");
  tab.expected_messages.push(/status of (401|429|503)/);
  await tab.card("login");
  await tab.prove("login");
  await tab.type("nobody\n");
  await tab.page.getByText("This access code does not exist").waitFor();
  const selected = () => tab.page.locator("input").evaluate((/** @type {HTMLInputElement} */ { value, selectionStart, selectionEnd }) => value.slice(selectionStart ?? 0, selectionEnd ?? 0));
  assert.equal(await selected(), "nobody", "the wrong code stays and can be typed over");
  await tab.prove("login_wrong");
  server.is_overrun = true;
  await tab.type("bob\n");
  await tab.page.locator(".error").getByText("Too many attempts. Try again in 4").waitFor();
  await tab.prove("login_overrun");
  await tab.type("bob\n");
  await tab.card("login");
  server.is_overrun = false;
  await tab.page.goto(`${address}/static/html/index.html`);
  server.is_failing = true;
  await tab.type("bob\n");
  await tab.card("not_ready");
  await tab.prove("not_ready");
  server.is_failing = false;
  server.is_silent = true;
  await tab.press("Try again");
  assert.equal(await tab.page.getByRole("button", { name: "Try again" }).getAttribute("aria-disabled"), "true");
  await tab.page.getByText("timed out").waitFor();
  await tab.card("unreachable");
  server.is_silent = false;
  await tab.press("Try again");
  await tab.card("start");
  assert.equal(new URL(tab.page.url()).search, "?access_code=bob");
});

page_test("the first card says what is recorded and whom to ask, also if the server is slow to say it", async ({ server, address, context }) => {
  server.is_about_late = true;
  server.about = { title: "Finding files", contact: "a.researcher@example.org", records_bytes: false };
  const asked = server.asked_about();
  const tab = await Tab.open(context, address);
  await asked;
  await tab.page.waitForFunction(() => performance.getEntriesByName(`${location.origin}/api/v1/login`).length > 0);
  assert.equal(await tab.page.locator("dialog[open]").count(), 0);
  server.tell_about();
  await tab.card("start");
  assert.match(await text(tab, "#screen .recorded"), /^This study records the commands you run, what they print, and when you press a key, but not which one\..*Questions\? a\.researcher@example\.org$/);
  server.end_task("passed");
  await tab.card("passed");
  assert.equal(await tab.page.locator("#screen .recorded").count(), 0);
});

page_test("a failure on our side is shown as ours, with a button to try again", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  const refusal = { code: "sandbox_unavailable", message: "there is no room for another terminal", reference: "3F7A" };
  server.refusals.set("start_task", refusal);
  await tab.card("start");
  await tab.press("Start");
  await tab.page.getByText("We could not start your terminal.").waitFor();
  assert.match(await text(tab, ".error"), /Your clock has not started\. Try again\. If it keeps failing, contact a\.researcher@example\.org \(reference 3F7A\)\./);
  await tab.prove("start_failed");
  await tab.press("Try again");
  await tab.terminal();
  await tab.type("kept");
  await tab.shows(/\$ kept/);
  server.say({ type: "progress", matched: 1, missing: 2, extra: 0, incorrect: 0 });
  server.refusals.set("reset", refusal);
  await tab.press("Reset files");
  await tab.press("Reset files");
  await tab.page.locator("#notice").getByText("We could not reset your files.").waitFor();
  await tab.shows(/\$ kept/);
  assert.equal(await text(tab, "#check_summary"), "Not done yet: 2 things are missing.");
  await tab.prove("reset_failed");
  await tab.press("Try again");
  await tab.page.locator("#notice").waitFor({ state: "hidden" });
  await server.heard("reset", () => server.messages.filter(({ type }) => type === "reset").length === 2);
  await tab.shows(/^\$\s*$/);
  assert.equal(await tab.page.locator("#check").isVisible(), false);
  server.end_task("interrupted");
  await tab.card("failed");
  assert.match(await text(tab, "#screen"), /Our server failed\. This task does not count/);
  await tab.prove("failed");
});

page_test("while a terminal starts the card says so, and the task starts when it is ready", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  server.is_starting = false;
  await tab.card("start");
  await tab.press("Start");
  const button = tab.page.getByRole("button", { name: "Preparing your terminal…" });
  await button.waitFor();
  assert.equal(await button.isDisabled(), true);
  await tab.prove("preparing");
  server.is_starting = true;
  await tab.terminal();
});

page_test("a check of output shows at most 60 lines, and counts the others", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.change({ task: { ...server.study.task, type: "stdout" } });
  const detail = Array.from({ length: 65 }, (_, number) => ({ line: `  line <${number}>`, status: number === 1 ? "matched" : "extra" }));
  server.say({ type: "progress", matched: 1, missing: 1, extra: 64, incorrect: 0, detail });
  const lines = tab.page.locator("#progress ol.lines > li");
  await tab.page.locator("#check_wrong summary").click();
  await tab.page.getByText("and 5 more").waitFor();
  assert.equal(await lines.count(), 60);
  assert.equal(await lines.nth(1).textContent(), "  line <1> done");
  assert.equal(await lines.nth(59).textContent(), "  line <59>", "other lines are no fault");
  assert.equal(await text(tab, "#check_summary"), "Not done yet: 1 of 2 lines is correct.");
  assert.equal(await lines.nth(1).locator("code").evaluate((code) => getComputedStyle(code).whiteSpace.startsWith("pre")), true, "blanks count");
  await tab.prove("check_of_lines");
  server.say({ type: "progress", matched: 0, missing: 2, extra: 65, incorrect: 0, detail: detail.filter(({ status }) => status === "extra") });
  await tab.page.locator("#check").waitFor({ state: "hidden" });
});

page_test("counts make one sentence, and the buttons stay visible below a long check", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.say({ type: "progress", matched: 250, missing: 0, extra: 250, incorrect: 0, detail: [] });
  await tab.page.getByText("Not done yet: 250 things should not be here.").waitFor();
  assert.equal(await tab.page.locator("#progress summary:visible").count(), 0);
  await tab.prove("check_counts");
  const detail = Array.from({ length: 200 }, (_, number) => ({ path: `file_${number}`, status: "extra" }));
  server.say({ type: "progress", matched: 250, missing: 0, extra: 250, incorrect: 0, detail });
  await tab.page.locator("#check_wrong summary").click();
  await tab.page.locator("#check_wrong li").last().scrollIntoViewIfNeeded();
  for (const name of ["Reset files", "Give up"]) {
    const box = await tab.page.getByRole("button", { name }).boundingBox();
    const height = tab.page.viewportSize()?.height ?? 0;
    assert.ok(box !== null && box.y >= 0 && box.y + box.height <= height, `${name}: ${JSON.stringify(box)}`);
  }
  await tab.prove("check_long");
});

page_test("a paused clock and a replaced terminal have a banner", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const change = (/** @type {object} */ more) => server.change({ task: { ...server.study.task, time_left_in_seconds: 60, ...more } });
  change({ clock_stands: true });
  await tab.page.locator("#trouble").getByText("Your clock is paused.").waitFor();
  assert.deepEqual([await text(tab, "#clock"), await text(tab, "#clock_words")], ["1:00", "left, paused"]);
  await tab.prove("clock_stands");
  assert.equal(await text(tab, "#clock"), "1:00");
  change({ clock_stands: false, terminal_replaced: true });
  await tab.page.locator("#trouble").getByText("We had to restart your terminal because of a problem on our side.").waitFor();
  await tab.prove("terminal_replaced");
  await tab.page.waitForFunction(() => /^0:/.test(document.querySelector("#clock")?.textContent ?? ""));
  server.end_task("passed");
  await tab.solved();
});

page_test("a lost connection is shown, keeps input, and comes back", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  tab.expected_messages.push(NO_CONNECTION);
  await start(tab);
  await tab.type("ab");
  await tab.shows(/\$ ab/);
  server.is_accepting = false;
  server.break();
  await tab.connection("lost");
  await tab.type("cd");
  await tab.page.waitForFunction(() => document.body.dataset.link === "broken" && document.body.dataset.connection === "connecting");
  await tab.prove("connection_lost");
  assert.equal(server.input, "ab");
  assert.match(await text(tab, "#announcer"), /^Connection lost\. Reconnecting… What you type is kept\.$/);
  server.is_accepting = true;
  await tab.connection("connected");
  await tab.shows(/^\$ abcd$/m);
  assert.equal(server.input, "abcd");
  await tab.page.waitForFunction(() => document.activeElement?.closest("#terminal") !== null);
  const gone = await server.heard("observation", ({ kind }) => kind === "disconnected");
  assert.equal(gone.reason, "close 4002");
  assert.ok(gone.milliseconds > 100, JSON.stringify(gone));
});

page_test("a refresh asks first, and brings the same terminal back", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.type("before");
  await tab.shows(/\$ before/);
  /** @type {string[]} */
  const asked = [];
  tab.page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await tab.page.reload();
  assert.deepEqual(asked, ["beforeunload"]);
  await tab.terminal();
  await tab.shows(/\$ before/);
  await tab.type(" after");
  await tab.shows(/^\$ before after$/m);
  assert.equal(server.input, "before after");
  await server.heard("observation", ({ kind, reason }) => kind === "disconnected" && reason === "page left");
  server.end_task("passed");
  await tab.solved();
  await tab.page.reload();
  await tab.card("passed");
  assert.deepEqual(asked, ["beforeunload"], "no task runs, so nothing is asked");
});

page_test("a participant who stays keeps the task and the input; a replaced page does not ask", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.type("before");
  await tab.shows(/\$ before/);
  /** @type {string[]} */
  const asked = [];
  tab.page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  await Promise.all([tab.page.waitForEvent("dialog"), tab.page.evaluate(() => location.reload())]);
  await tab.type(" after");
  await tab.shows(/^\$ before after$/m);
  assert.deepEqual([server.input, server.messages.filter(({ type }) => type === "hello").length], ["before after", 1]);
  const newer = await Tab.open(context, address);
  await newer.terminal();
  await tab.card("replaced");
  await tab.page.bringToFront();
  await tab.page.reload();
  await tab.terminal();
  assert.deepEqual(asked, ["beforeunload"]);
  await newer.card("replaced");
});

page_test("a newer tab takes over, and the older can take it back", async ({ address, context }) => {
  const old = await Tab.open(context, address);
  await start(old);
  const newer = await Tab.open(context, address);
  await newer.terminal();
  await old.card("replaced");
  await old.prove("replaced");
  await newer.type("new");
  await newer.shows(/\$ new/);
  await old.page.bringToFront();
  await old.press("Use it here");
  await old.terminal();
  await old.shows(/\$ new/);
  await newer.card("replaced");
  await old.type(" old");
  await old.shows(/^\$ new old$/m);
});

page_test("a give-up that was not answered before a newer tab took over is not repeated", async ({ server, address, context }) => {
  const old = await Tab.open(context, address);
  await start(old);
  server.lost_requests.add("give_up");
  await old.press("Give up");
  await old.press("Give up");
  await server.heard("give_up", ({ task }) => task === 1);
  const newer = await Tab.open(context, address);
  await newer.terminal();
  await old.card("replaced");
  server.lost_requests.clear();
  await old.page.bringToFront();
  await old.press("Use it here");
  await old.connection("connected");
  await old.page.locator("#notice").getByText("We could not end the task.").waitFor();
  await old.type("still here");
  await old.shows(/\$ still here/);
  assert.equal(server.messages.filter(({ type }) => type === "give_up").length, 1);
});

page_test("resetting and giving up ask first", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.type("mess");
  await tab.shows(/mess/);
  await tab.press("Reset files");
  await tab.card("reset");
  await tab.prove("reset_question");
  await tab.press("Keep working");
  await tab.terminal();
  await tab.press("Reset files");
  await tab.press("Reset files");
  await tab.terminal();
  await tab.shows(/^\$\s*$/);
  await tab.press("Give up");
  await tab.card("give_up");
  await tab.prove("give_up_question");
  await tab.page.keyboard.press("Escape");
  await tab.terminal();
  assert.deepEqual(server.messages.filter(({ type }) => type === "give_up"), []);
  await tab.press("Give up");
  await tab.press("Give up");
  await tab.card("gave_up");
  await tab.prove("gave_up");
  assert.equal(server.messages.filter(({ type }) => type === "reset").length, 1);
});

page_test("the clock warns by colour and announcement, and runs out while a question is open", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const left = (/** @type {number} */ seconds) =>
    server.change({ task: { ...server.study.task, duration_in_seconds: 1200, time_left_in_seconds: seconds } });
  left(1200);
  assert.equal(await text(tab, "#announcer"), "");
  left(299);
  await tab.page.waitForSelector("#clock_box[data-level=soon]");
  assert.equal(await text(tab, "#announcer"), "4 minutes and 59 seconds left.");
  await tab.prove("time_soon");
  await tab.press("Give up");
  await tab.card("give_up");
  left(29.9);
  await tab.page.waitForSelector("#clock_box[data-level=last]");
  assert.equal(await text(tab, "#question .announcer"), "30 seconds left.");
  await tab.prove("time_last");
  left(3.4);
  await tab.page.waitForFunction(() => document.querySelector("#clock")?.textContent === "0:00");
  server.end_task("timed_out");
  await tab.card("timed_out");
  assert.equal(await tab.page.locator("dialog[open]").count(), 0);
  assert.equal(await tab.page.locator("#clock").isVisible(), false);
});

page_test("an access code that is removed while the connection is lost", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  tab.expected_messages.push(/status of 401/, NO_CONNECTION);
  await start(tab);
  server.access_codes.clear();
  server.break();
  await tab.card("login");
  await tab.connection("refused");
  await tab.prove("login_refused");
});
