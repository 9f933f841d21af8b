import assert from "node:assert/strict";

import { NO_CONNECTION, Tab } from "./support/browser.mjs";
import { page_tests, start } from "./support/fake_study.mjs";
import { before_task, BREAK, COMPLETED, CONSENT, FORM, in_step, PAGE, TASK } from "./support/flow_states.mjs";

/** @import { FakeServer } from "../js/support/fake_server.mjs" */

const page_test = page_tests();

/** A wide window, a narrow one, and 1280 x 800 at 200 % zoom. */
const SIZES = [
  { width: 1280, height: 800 },
  { width: 640, height: 400 },
  { width: 320, height: 640 },
];

/** @param {Tab} tab @param {string} selector */
const text = async (tab, selector) => (await tab.page.locator(selector).innerText()).trim();
/** @param {FakeServer} server @param {string} type */
const sent = (server, type) => server.messages.filter((message) => message.type === type);

/** Nothing is wider than the window. @param {Tab} tab */
async function fits(tab) {
  const wider = await tab.page.evaluate(() => {
    const is_too_wide = (/** @type {Element} */ { scrollWidth, clientWidth }) => scrollWidth > clientWidth;
    return [...document.querySelectorAll("html, body, .card, .card_text, .card footer, .task, .task_text, #actions, header")].filter(is_too_wide).map((place) => place.id || place.className || place.tagName);
  });
  assert.deepEqual(wider, []);
}

/** @param {Tab} tab @param {string} name */
async function prove(tab, name) {
  for (const viewport of SIZES) {
    await tab.page.setViewportSize(viewport);
    await fits(tab);
    await tab.prove(`flow_${name}_${viewport.width}`);
  }
  await tab.page.setViewportSize(SIZES[0]);
}

page_test("every card of a study with steps, in all sizes and both themes", async ({ server, address, context }) => {
  server.study = { ...server.study, ...in_step(CONSENT), study: { title: "Finding files", contact: "a@example.org", trial_run: true }, withdrawal: "ask" };
  const tab = await Tab.open(context, address);
  await tab.card("consent");
  assert.equal(await tab.focused(), "screen_heading");
  assert.deepEqual([await text(tab, "#task_number"), await text(tab, "#trial_run")], ["Step 1 of 9", "Trial run"]);
  await prove(tab, "consent");
  await tab.press("I agree");
  await prove(tab, "consent_errors");
  server.change(in_step(PAGE));
  await tab.card("page");
  await prove(tab, "page");
  server.change(in_step({ ...PAGE, at_least_in_seconds: 75 }));
  await tab.page.getByText(/You can continue in 1 minute and/).waitFor();
  await prove(tab, "page_wait");
  server.change(in_step(FORM));
  await tab.card("questionnaire");
  await prove(tab, "form");
  server.refusals.set("step_done", /** @type {any} */ ({ code: "bad_answers", message: "2 answers are wrong", fields: [{ name: "years", message: "Enter a number from 0 to 60." }, { name: "load", message: "Choose one number in each row." }, { name: "shell", message: "Choose one." }, { name: "honest", message: "Tick this box." }] }));
  await tab.press("Continue");
  await tab.page.getByRole("heading", { name: "Please check 4 answers" }).waitFor();
  await prove(tab, "form_errors");
  await tab.page.locator("#screen .card_text").evaluate((place) => (place.scrollTop = place.scrollHeight / 2));
  await prove(tab, "form_middle");
  await tab.page.locator("#screen .card_text").evaluate((place) => (place.scrollTop = place.scrollHeight));
  await prove(tab, "form_end");
  server.change(in_step(BREAK));
  await tab.card("break");
  await prove(tab, "break");
  server.change(before_task({ description: "" }));
  await tab.card("start");
  await prove(tab, "start");
  server.study.task.description = TASK.description;
  await start(tab);
  server.say({ type: "progress", matched: 1, missing: 2, extra: 0, incorrect: 0, detail: [{ path: "content/syllabus.md", status: "matched" }, { path: "content/labs/1.md", status: "missing" }] });
  await tab.page.locator("#check_wrong").waitFor();
  server.change({ task: { ...server.study.task, tries_left: 2, solution_in_seconds: 0, give_up_in_seconds: 60 } });
  await tab.page.locator("#verdict").waitFor();
  server.solution = ["find content -type f -size +800c -size -10000c"];
  await tab.press("Show solution");
  await tab.page.locator("#solution").waitFor();
  await prove(tab, "task");
  await tab.page.locator("#task_text").evaluate((place) => (place.scrollTop = 0));
  await prove(tab, "task_top");
  await tab.press("Settings");
  await prove(tab, "settings");
  await tab.press("Leave the study…");
  await tab.card("leave");
  await tab.press("Leave the study");
  await prove(tab, "leave");
  await tab.press("Stay");
  server.change({ ...before_task(), previous: { number: 3, state: "failed" } });
  await tab.card("not_solved");
  await prove(tab, "not_solved");
  const outcomes = [{ number: 1, state: "passed" }, { number: 2, state: "handed_in" }, { number: 3, state: "failed" }];
  server.change({ ...COMPLETED, outcomes });
  await tab.card("end");
  await prove(tab, "end");
});

page_test("a consent: by keyboard, with all boxes, or refused after a question", async ({ server, address, context }) => {
  server.study = { ...server.study, ...in_step(CONSENT) };
  server.script = [in_step(FORM)];
  const tab = await Tab.open(context, address);
  const { keyboard } = tab.page;
  await tab.card("consent");
  // Tab: the link in the text, two boxes, two buttons.
  for (const key of ["Tab", "Tab", "Space", "Tab", "Tab", "Tab", "Enter"]) await keyboard.press(key);
  await tab.page.getByRole("heading", { name: "Please check 1 answer" }).waitFor();
  const missed = tab.page.getByLabel(/I have read the text above/);
  assert.equal(await missed.getAttribute("aria-invalid"), "true");
  assert.equal(await text(tab, `#${await missed.getAttribute("aria-describedby")}`), "Tick this box to take part.");
  assert.deepEqual(sent(server, "step_done"), []);
  for (const key of ["Tab", "Enter"]) await keyboard.press(key);
  assert.equal(await tab.focused(), "box_1");
  await keyboard.press("Space");
  assert.equal(await tab.page.locator("#screen .summary").isVisible(), false);
  await tab.press("I do not agree");
  await tab.card("refuse");
  await keyboard.press("Escape");
  await tab.card("consent");
  await tab.press("I agree");
  await tab.card("questionnaire");
  assert.deepEqual(sent(server, "step_done").map(({ step, choice, answers }) => [step, choice, answers]), [["consent-1", "agree", undefined]]);
  assert.deepEqual(sent(server, "step_answer"), []);
  server.change(in_step(CONSENT));
  server.script = [{ state: "finished", outcome: "no_consent" }];
  await tab.card("consent");
  await tab.press("I do not agree");
  await tab.press("I refuse");
  await tab.card("end");
  assert.equal((await server.heard("step_done", ({ choice }) => choice === "refuse")).step, "consent-1");
  assert.match(await text(tab, "#screen"), /^You do not take part\s+You can close this page\./);
});

page_test("a questionnaire: each change is sent, a reload shows the answers, and errors are beside their questions", async ({ server, address, context }) => {
  server.study = { ...server.study, ...in_step(FORM) };
  const tab = await Tab.open(context, address);
  const { keyboard } = tab.page;
  /** @param {string} field @param {unknown} value */
  const heard = (field, value) => server.heard("step_answer", (message) => message.field === field && JSON.stringify(message.value) === JSON.stringify(value));
  await tab.card("questionnaire");
  assert.equal(await tab.focused(), "screen_heading");
  await keyboard.press("Tab");
  await tab.type("four");
  for (const key of ["Tab"]) await keyboard.press(key);
  await tab.type("Teacher");
  await heard("job", "Teacher");
  await tab.press("Continue");
  await tab.page.getByRole("heading", { name: "Please check 1 answer" }).waitFor();
  assert.deepEqual([await text(tab, "#field_0_error"), sent(server, "step_done"), sent(server, "step_answer").filter(({ field }) => field === "years")], ["Enter a number, such as 4 or 2.5.", [], []]);
  for (const key of ["Tab", "Enter", "ControlOrMeta+a"]) await keyboard.press(key);
  await tab.type("4");
  await heard("years", 4);
  // The first radio button of a group has the focus, arrows choose.
  for (const key of ["Tab", "Tab", "Space"]) await keyboard.press(key);
  await heard("shell", "bash");
  assert.equal(await tab.page.getByLabel("Which other shell?").isVisible(), false);
  for (const key of ["ArrowUp"]) await keyboard.press(key);
  await heard("shell", "another");
  await keyboard.press("Tab");
  assert.equal(await tab.focused(), "other");
  await tab.type("nu");
  for (const key of ["Tab", "Tab", "Space", "Tab", "Space"]) await keyboard.press(key);
  await heard("tools", ["awk", "rsync"]);
  for (const key of ["Tab", "ArrowRight"]) await keyboard.press(key);
  await heard("skill", 2);
  await tab.press("Clear this answer");
  await heard("skill", null);
  assert.equal(await tab.focused(), "skill");
  await tab.page.getByRole("radiogroup", { name: "Mental demand" }).getByLabel("17").check();
  await heard("load", { mental: 17 });
  await tab.page.getByRole("radiogroup", { name: "Physical demand" }).getByLabel("3", { exact: true }).check();
  await heard("load", { mental: 17, physical: 3 });
  await tab.page.getByLabel("Anything else?").fill("No.");
  await heard("remarks", "No.");
  const before = structuredClone(server.study.step.answers);
  await tab.page.reload();
  await tab.card("questionnaire");
  assert.deepEqual(await tab.page.locator("#step").evaluate((form) => [...new FormData(/** @type {HTMLFormElement} */ (form))]), [
    ["years", "4"], ["job", "Teacher"], ["shell", "another"], ["other", "nu"], ["tools", "awk"], ["tools", "rsync"], ["load.mental", "17"], ["load.physical", "3"], ["remarks", "No."],
  ]);
  assert.deepEqual(server.study.step.answers, before, "showing the answers changes none");
  server.refusals.set("step_done", /** @type {any} */ ({ code: "bad_answers", message: "wrong", fields: [{ name: "shell", message: "Choose one." }, { name: "honest", message: "Tick this box." }] }));
  await tab.press("Continue");
  await tab.page.getByRole("heading", { name: "Please check 2 answers" }).waitFor();
  const shells = tab.page.getByRole("radiogroup", { name: "Which shell do you use most?" });
  assert.deepEqual([await shells.getAttribute("aria-invalid"), await shells.getAttribute("aria-describedby")], ["true", "field_2_error"]);
  assert.equal(await text(tab, "#field_2_error"), "Choose one.");
  assert.match(await tab.focused(), /^Please check 2 answers/);
  await shells.getByLabel("bash").check();
  assert.deepEqual([await shells.getAttribute("aria-invalid"), await text(tab, "#form_faults")], [null, "Please check 1 answer"]);
  await tab.page.getByLabel("I have answered honestly").check();
  server.script = [in_step(PAGE)];
  await tab.page.getByLabel("What do you work as?").press("Enter");
  await tab.card("page");
  assert.deepEqual(sent(server, "step_done").at(-1).answers, { years: 4, job: "Teacher", shell: "bash", tools: ["awk", "rsync"], load: { mental: 17, physical: 3 }, remarks: "No.", honest: true });
});

page_test("answers given while the connection is lost arrive later, and a finished form is sent again", async ({ server, address, context }) => {
  server.study = { ...server.study, ...in_step(FORM) };
  const tab = await Tab.open(context, address);
  tab.expected_messages.push(NO_CONNECTION);
  await tab.card("questionnaire");
  await tab.connection("connected");
  server.is_accepting = false;
  server.break();
  await tab.page.waitForFunction(() => document.body.dataset.connection !== "connected");
  await tab.page.getByLabel("What do you work as?").fill("Nurse");
  await tab.page.getByLabel("fish").check();
  server.is_accepting = true;
  await server.heard("step_answer", ({ field, value }) => field === "shell" && value === "fish");
  await server.heard("step_answer", ({ field, value }) => field === "job" && value === "Nurse");
  assert.equal(await tab.page.getByLabel("What do you work as?").inputValue(), "Nurse", "the form stays as it is");
  server.lost_requests.add("step_done");
  await tab.press("Continue");
  await server.heard("step_done");
  server.break();
  server.lost_requests.clear();
  server.script = [in_step(PAGE)];
  await tab.card("page");
  const [first, ...again] = sent(server, "step_done");
  assert.ok(again.length > 0 && again.every(({ id, answers }) => id === first.id && answers.shell === "fish"));
});

page_test("a page and a break take their time, and a page goes back", async ({ server, address, context }) => {
  server.study = { ...server.study, ...in_step({ ...PAGE, at_least_in_seconds: 3 }) };
  server.script = [in_step(FORM), in_step(PAGE), in_step({ ...BREAK, at_least_in_seconds: 1, seconds_left: 2 }), before_task({ practice: true, duration_in_seconds: null, block: null, try: { number: 2, of: 3 } })];
  const tab = await Tab.open(context, address);
  await tab.card("page");
  const next = tab.page.getByRole("button", { name: "Continue" });
  assert.equal(await next.getAttribute("aria-disabled"), "true");
  await next.press("Enter");
  await tab.press("Back");
  await tab.card("questionnaire");
  assert.deepEqual(sent(server, "step_done").map(({ choice }) => choice), ["back"]);
  server.refusals.set("step_done", /** @type {any} */ ({ code: "too_early", message: "too early", seconds_left: 1.5 }));
  await tab.page.locator("#step").evaluate((form) => /** @type {HTMLFormElement} */ (form).requestSubmit());
  await tab.page.locator("#screen").getByText("You can continue in 2 seconds.").waitFor();
  await tab.page.getByText("You can continue now.").waitFor({ state: "attached" });
  await next.click();
  await tab.card("page");
  await next.click();
  await tab.card("break");
  await tab.page.getByText("You can continue in 1 second. 0:02 left in the break.").waitFor();
  await tab.page.locator("#screen").getByText("The break is over. Please continue.").waitFor();
  await next.click();
  await tab.card("start");
  assert.match(await text(tab, "#screen"), /Practice task 4 of 9, Try 2 of 3.*This task has no time limit\..*Try it again/s);
  await tab.press("Try it again");
  await tab.terminal();
  assert.equal(await tab.page.locator("#clock_box").isVisible(), false);
  assert.deepEqual([await text(tab, "#place"), await text(tab, "#task_number")], ["Try 2 of 3", "Practice task 4 of 9"]);
});

page_test("a hand-in, the solution and a link of the treatment", async ({ server, address, context }) => {
  server.study = { ...server.study, ...before_task({ description: "", solution_in_seconds: 1 }) };
  server.solution = ["find content -type f \\", "  -size +800c"];
  const tab = await Tab.open(context, address);
  await tab.card("start");
  assert.match(await text(tab, "#screen"), /You see the task when you start it\./);
  server.study.task.description = TASK.description;
  await start(tab);
  assert.match(await text(tab, "#description"), /larger than 800 bytes/);
  assert.match(await text(tab, "#place"), /^Task 1 of 2 in this block\s+18:[12]\d left$/);
  await tab.press("Hand in (3 tries)");
  await server.heard("submit", ({ task }) => task === 4);
  server.say({ type: "progress", matched: 0, missing: 3, extra: 0, incorrect: 0, detail: [] });
  server.change({ task: { ...server.study.task, tries_left: 1 } });
  await tab.page.getByText("What you handed in was not right. You have 1 try left.").first().waitFor();
  await tab.press("Hand in");
  await tab.card("hand_in");
  await tab.press("Keep working");
  await tab.page.getByRole("button", { name: "Show solution" }).click();
  await tab.page.locator("#solution").waitFor();
  assert.equal(await text(tab, "#solution pre"), server.solution.join("\n"));
  assert.equal(await tab.focused(), "solution");
  const link = tab.page.getByRole("link", { name: "Manual of find" });
  assert.deepEqual([await link.getAttribute("target"), await link.getAttribute("rel")], ["_blank", "noopener noreferrer"]);
  await context.route("https://man.example.org/**", (route) => route.fulfill({ body: "find(1)" }));
  const opened = context.waitForEvent("page");
  await link.focus();
  await tab.page.keyboard.press("Enter");
  const manual = await opened;
  await manual.waitForURL("https://man.example.org/find.1");
  assert.equal(await manual.evaluate(() => window.opener), null);
  assert.equal((await server.heard("observation", ({ kind }) => kind === "link_opened")).url, "https://man.example.org/find.1");
  await tab.press("Hand in");
  await tab.page.locator("#question").getByRole("button", { name: "Hand in" }).click();
  await server.heard("submit", ({ id }) => id !== sent(server, "submit")[0].id);
  server.change({ ...before_task({ number: 5, try: { number: 1, of: 1 } }), previous: { number: 4, state: "handed_in" } });
  await tab.card("handed_in");
  assert.match(await text(tab, "#screen"), /^Task 4 handed in/);
});

page_test("leaving the study, with the choice about the record", async ({ server, address, context }) => {
  server.study = { ...server.study, ...before_task(), withdrawal: "ask" };
  const tab = await Tab.open(context, address);
  const { keyboard } = tab.page;
  await start(tab);
  await tab.press("Settings");
  await tab.press("Leave the study…");
  await tab.card("leave");
  await keyboard.press("Escape");
  await tab.terminal();
  await tab.press("Settings");
  await tab.press("Leave the study…");
  await tab.press("Leave the study");
  await tab.page.locator("#leave_error").waitFor();
  assert.deepEqual(sent(server, "withdraw"), []);
  await tab.page.getByLabel("Delete it").check();
  server.refusals.set("withdraw", { code: "busy", message: "no worker" });
  await tab.press("Leave the study");
  await tab.page.getByText("You have not left the study. Try again.").waitFor();
  await tab.press("Leave the study");
  await tab.card("end");
  assert.deepEqual(sent(server, "withdraw").map((message) => message.delete), [true, true]);
  assert.match(await text(tab, "#screen"), /^You have left the study/);
  await tab.press("Settings");
  await tab.card("settings");
  assert.equal(await tab.page.getByRole("button", { name: "Leave the study…" }).count(), 0);
});

for (const [withdrawal, deletes, sentence] of /** @type {const} */ ([["keep", false, "is kept"], ["delete", true, "is deleted"]])) {
  page_test(`leaving a study whose withdrawal is "${withdrawal}"`, async ({ server, address, context }) => {
    server.study = { ...server.study, ...in_step(PAGE), withdrawal };
    const tab = await Tab.open(context, address);
    await tab.card("page");
    await tab.press("Settings");
    await tab.press("Leave the study…");
    assert.match(await text(tab, "#leave"), new RegExp(`What was recorded so far ${sentence}\\.`));
    await tab.press("Leave the study");
    await tab.card("end");
    assert.equal((await server.heard("withdraw")).delete, deletes);
  });
}

page_test("the end gives the code and the way back", async ({ server, address, context }) => {
  server.study = { ...server.study, ...COMPLETED };
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await Tab.open(context, address);
  await tab.card("end");
  await tab.press("Copy");
  await tab.page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await tab.page.evaluate(() => navigator.clipboard.readText()), "C1DONE42");
  await context.route("https://app.prolific.example/**", (route) => route.fulfill({ body: "Back at Prolific" }));
  await tab.page.getByRole("link", { name: "Continue to app.prolific.example" }).click();
  await tab.page.waitForURL(COMPLETED.redirect);
});

page_test("a state that only a newer page knows asks for a reload", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await tab.card("start");
  server.change({ state: "resting" });
  await tab.card("outdated");
  server.study.state = "ready";
  await tab.press("Reload");
  await tab.card("start");
});

page_test("from the consent to the end with the keyboard alone", async ({ server, address, context }) => {
  server.study = { ...server.study, ...in_step(CONSENT), withdrawal: "keep" };
  const [years, , shell] = FORM.fields;
  server.script = [in_step({ ...FORM, fields: [years, shell] }), in_step(PAGE), in_step(BREAK), before_task({ tries_left: 1, solution_in_seconds: 0 })];
  const tab = await Tab.open(context, address);
  await tab.card("consent");
  for (const name of ["box_0", "box_1"]) {
    await tab.tab_to(name);
    await tab.keys("Space");
  }
  await tab.tab_to("I agree");
  await tab.keys("Enter");
  await tab.card("questionnaire");
  assert.equal(await tab.focused(), "screen_heading");
  await tab.tab_to("years");
  await tab.type("7");
  await tab.keys("Tab", "Space", "ArrowDown");
  await tab.tab_to("years");
  await tab.keys("Enter");
  for (const card of ["page", "break"]) {
    await tab.card(card);
    assert.equal(await tab.focused(), "screen_heading");
    await tab.tab_to("Continue");
    await tab.keys("Enter");
  }
  assert.deepEqual(sent(server, "step_done")[1].answers, { years: 7, shell: "zsh" });
  await tab.card("start");
  await tab.tab_to("Start");
  await tab.keys("Enter");
  await tab.terminal();
  await tab.type("find\n");
  await tab.shows(/\$ find/);
  await tab.keys("Shift+F6");
  await tab.tab_to("show_solution");
  await tab.keys("Enter");
  await tab.page.locator("#solution").waitFor();
  await tab.tab_to("hand_in");
  await tab.keys("Enter");
  await tab.card("hand_in");
  await tab.tab_to("Hand in");
  await tab.keys("Enter");
  await server.heard("submit");
  await tab.terminal();
  await tab.keys("Shift+F6");
  await tab.tab_to("open_settings");
  await tab.keys("Enter");
  await tab.tab_to("Leave the study…");
  await tab.keys("Enter", "Escape");
  server.change(COMPLETED);
  await tab.card("end");
  assert.equal(await tab.focused(), "screen_heading");
  await tab.tab_to("Copy");
  await tab.tab_to("Continue to app.prolific.example");
});
