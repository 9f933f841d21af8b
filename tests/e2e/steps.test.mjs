import assert from "node:assert/strict";
import { test } from "node:test";

import { in_context, launch, NO_CONNECTION, Tab, WAIT_TIMEOUT } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

/** A study with every kind of step. */
const STUDY = {
  study: { title: "Steps", contact: "a@example.org", stage: "pilot", withdrawal: "ask" },
  access_codes: ["bob", "eve"],
  task_duration_in_seconds: 600,
  tasks: [
    { id: "warm-up", type: "stdout", description: "Print `one`.", answer: "one" },
    { id: "hello", type: "stdout", description: "Print `hello`.", answer: "hello" },
  ],
  blocks: { A: { tasks: ["hello"], time_limit_in_seconds: 300 } },
  treatments: { web: { title: "Web search", text: "Use a *search engine*.", links: [{ title: "Search", url: "https://search.example.org/" }] } },
  assignment: { groups: { all: [{ block: "A", treatment: "web" }] } },
  questionnaires: {
    about: {
      title: "About you",
      fields: [
        { name: "years", type: "number", label: "Years", at_least: 0, at_most: 60, required: true },
        { name: "shell", type: "choice", label: "Shell", options: ["bash", "zsh"], required: true },
        { name: "job", type: "text", label: "Work" },
        { name: "load", type: "matrix", label: "Load", from: 1, to: 5, rows: [{ name: "mental", label: "Mental" }, { name: "physical", label: "Physical" }], required: true },
      ],
    },
    quiz: { title: "Quiz", fields: [{ name: "lists", type: "choice", label: "What lists files?", options: ["ls", "rm"], correct: "ls", required: true }] },
  },
  flow: [
    { consent: "We record **everything**.", boxes: ["I am *18* or older"] },
    { questionnaire: "about" },
    { questionnaire: "quiz", repeat_if_wrong: { times: 3 } },
    { page: "Read this.", title: "How it works", at_least_in_seconds: 1 },
    { practice: ["warm-up"] },
    { periods: [{ page: "Now {treatment}.", title: "A half" }, { tasks: "{block}" }] },
    { break: "Rest.", at_most_in_seconds: 600 },
  ],
  completion: { completed: { text: "Thanks!", code: "C1 DONE", redirect: "https://app.prolific.example/c?cc={code}" } },
};

/** @param {string} name @param {(parts: {program: Program, tab: Tab}) => Promise<void>} body */
function steps_test(name, body) {
  test(name, { timeout: 400_000 }, async () => {
    const browser = await launch();
    const program = await Program.prepare((config) => {
      for (const key of Object.keys(STUDY)) delete config[key];
      Object.assign(config, structuredClone(STUDY));
    });
    try {
      await program.start();
      const options = { viewport: { width: 1280, height: 720 }, reducedMotion: /** @type {const} */ ("reduce") };
      await in_context(browser, { name, log: () => program.log, options }, async (context) => {
        const tab = await Tab.open(context, program.address);
        tab.expected_messages.push(NO_CONNECTION, /status of 503/);
        await body({ program, tab });
      });
    } finally {
      await program.clean_up();
      await browser.close();
    }
  });
}

/** Kills the server, starts it again and reloads the page. @param {{program: Program, tab: Tab}} parts */
async function disturb({ program, tab }) {
  await program.stop("SIGKILL");
  await program.start();
  await tab.connection("connected");
  await tab.page.reload();
  await tab.connection("connected");
}

/** Waits until the server has an answer. @param {Program} program @param {string} field @param {string} value As JSON. */
async function kept(program, field, value) {
  const end = Date.now() + WAIT_TIMEOUT;
  const query = `SELECT count(*) AS n FROM recorded_answers WHERE field = '${field}' AND value = '${value}'`;
  while ((await program.rows(query))[0].n === 0) assert.ok(Date.now() < end, `the record has no ${field} = ${value}: ${JSON.stringify(await program.rows("SELECT * FROM recorded_answers"))}`);
}

/** @param {Tab} tab */
const heading = (tab) => tab.page.locator("#screen h2").first().innerText();

steps_test("every step survives a killed server and a reload, and is left once", async ({ program, tab }) => {
  const parts = { program, tab };
  const { page } = tab;
  await tab.card("consent");
  assert.equal(await page.locator("#trial_run").isVisible(), true);
  await disturb(parts);
  await tab.card("consent");
  await tab.press("I agree");
  await page.getByRole("heading", { name: "Please check 1 answer" }).waitFor();
  await page.getByLabel("I am 18 or older").check();
  await tab.press("I agree");

  await tab.card("questionnaire");
  assert.equal(await heading(tab), "About you");
  await page.getByLabel("Work").fill("Nurse");
  await page.getByLabel("zsh").check();
  await kept(program, "job", '"Nurse"');
  await kept(program, "shell", '"zsh"');
  await disturb(parts);
  await tab.card("questionnaire");
  assert.deepEqual([await page.getByLabel("Work").inputValue(), await page.getByLabel("zsh").isChecked()], ["Nurse", true]);
  await page.getByLabel("Years").fill("99");
  await tab.press("Continue");
  await page.getByRole("heading", { name: "Please check 2 answers" }).waitFor();
  assert.match(await page.locator(".summary").innerText(), /Years.*: Enter a number from 0 to 60\.\s+Load: Choose a value in each row\./s);
  await page.getByLabel("Years").fill("7");
  await page.getByRole("radiogroup", { name: "Mental" }).getByLabel("4").check();
  await page.getByRole("radiogroup", { name: "Physical" }).getByLabel("2").check();
  // The last answers are given while the server is away.
  await program.stop("SIGKILL");
  await page.waitForFunction(() => document.body.dataset.connection !== "connected");
  await page.getByLabel("Work").fill("Teacher");
  await tab.press("Continue");
  await program.start();

  await page.getByRole("heading", { name: "Quiz" }).waitFor();
  await page.getByLabel("rm", { exact: true }).check();
  await tab.press("Continue");
  await page.getByText("Not all of your answers were right.").waitFor();
  await disturb(parts);
  await page.getByText("Not all of your answers were right.").waitFor();
  await page.getByLabel("ls", { exact: true }).check();
  await tab.press("Continue");

  await page.getByRole("heading", { name: "How it works" }).waitFor();
  await tab.press("Continue");

  await tab.card("start");
  assert.equal(await page.locator("#task_number").innerText(), "Practice task 1 of 1");
  await disturb(parts);
  await tab.card("start");
  await tab.press("Start");
  await tab.terminal();
  await tab.shows(/\$ *$/m);
  await tab.type("echo one\n");
  await page.locator("#solved").getByRole("button", { name: "Continue" }).click();

  await page.getByRole("heading", { name: "A half" }).waitFor();
  assert.match(await page.locator("#screen").innerText(), /Practice task 1 solved.*Now web\./s);
  await disturb(parts);
  await page.getByRole("heading", { name: "A half" }).waitFor();
  await tab.press("Continue");

  await tab.card("start");
  await tab.press("Start");
  await tab.terminal();
  await tab.shows(/\$ *$/m);
  assert.match(await page.locator("#task_text").innerText(), /Task 1 of 1 in this block\s+[45]:\d\d left\s+Print hello\..*Web search\s+Use a search engine\.\s+Search/s);
  await tab.type("echo hello\n");
  await page.locator("#solved").getByRole("button", { name: "Continue" }).click();

  await tab.card("break");
  await page.getByText(/(10:00|9:\d\d) left in the break\./).waitFor();
  await disturb(parts);
  await tab.card("break");
  await tab.press("Continue");

  await tab.card("end");
  await page.getByText("C1 DONE").waitFor();
  await disturb(parts);
  await tab.card("end");
  assert.match(await page.locator("#screen").innerText(), /^Done\. Thank you!\s+Thanks!/);
  assert.equal(await page.getByRole("link", { name: "Continue to app.prolific.example" }).getAttribute("href"), "https://app.prolific.example/c?cc=C1%20DONE");

  const final = await program.rows("SELECT field, value FROM answers WHERE form IN ('about', 'quiz') ORDER BY field");
  assert.deepEqual(Object.fromEntries(final.map(({ field, value }) => [field, JSON.parse(value)])), { years: 7, shell: "zsh", job: "Teacher", load: { mental: 4, physical: 2 }, lists: "ls" });
  const steps = await program.rows("SELECT step_id, result, count(*) AS n FROM steps WHERE done_at IS NOT NULL GROUP BY position, step_id, result ORDER BY position");
  assert.ok(steps.length >= 6 && steps.every(({ n }) => n === 1), JSON.stringify(steps));
});

for (const [choice, what] of [["Keep it for the study", "keeps"], ["Delete it", "deletes"]]) {
  steps_test(`a participant who leaves the study and ${what} the record does not come back to it`, async ({ program, tab }) => {
    await tab.card("consent");
    await tab.page.getByLabel("I am 18 or older").check();
    await tab.press("I agree");
    await tab.card("questionnaire");
    await tab.page.getByLabel("Work").fill("Nurse");
    await kept(program, "job", '"Nurse"');
    await tab.press("Settings");
    await tab.press("Leave the study…");
    await tab.page.getByLabel(choice).check();
    await tab.press("Leave the study");
    await tab.card("end");
    assert.match(await tab.page.locator("#screen").innerText(), /^You have left the study/);
    await disturb({ program, tab });
    await tab.card("end");
    assert.match(await tab.page.locator("#screen").innerText(), /^You have left the study/);
    assert.deepEqual(await program.rows("SELECT outcome FROM people WHERE outcome IS NOT NULL"), [{ outcome: "withdrew" }]);
    const [{ n }] = await program.rows("SELECT count(*) AS n FROM recorded_answers");
    assert.equal(n > 0, what === "keeps");
  });
}
