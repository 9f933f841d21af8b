import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { in_context, launch, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";
import { TIMEOUT } from "./support/stories.mjs";

/** The way from the link of a panel such as Prolific to its page for completions, on the real server. */

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Program} */
let program;

before(async () => {
  program = await Program.prepare((config) => {
    delete config.access_codes;
    config.task_duration_in_seconds = 600;
    config.tasks.length = 1;
    config.study = { title: "Finding files", contact: "a.researcher@example.org" };
    config.entry = { open_link: { id_parameter: "PROLIFIC_PID", keep_parameters: ["STUDY_ID"], id_pattern: "[0-9a-f]{6}", limit: 3 } };
    config.flow = [{ consent: "We record all keys." }, { tasks: "*" }];
    config.completion = { completed: { text: "Thank you!", code: "C1DONE", redirect: "https://panel.example/complete?cc={code}" } };
  });
  [browser] = await Promise.all([launch(), program.start()]);
});

after(async () => {
  await browser?.close();
  await program?.clean_up();
});

/** @param {string} name @param {(context: import("playwright-core").BrowserContext) => Promise<void>} body */
function link_test(name, body) {
  test(name, { timeout: TIMEOUT }, () => in_context(browser, { name, log: () => program.log }, body));
}

/** @param {import("playwright-core").BrowserContext} context @param {string} query */
async function open(context, query) {
  const tab = await Tab.blank(context, program.address);
  await tab.page.goto(`${program.address}/join${query}`);
  await tab.card("welcome");
  return tab;
}

/** In a wide window and one of 320 pixels, in both themes. @param {Tab} tab @param {string} name */
async function prove(tab, name) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 320, height: 640 }]) {
    await tab.page.setViewportSize(viewport);
    const is_too_wide = await tab.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(is_too_wide, false, `${name} at ${viewport.width} pixels`);
    await tab.prove(`open_link_${name}_${viewport.width}`);
  }
  await tab.page.setViewportSize({ width: 1280, height: 800 });
}

const participants = async () => (await program.rows("SELECT label, external_id, entry_parameters FROM participants ORDER BY id")).map((row) => Object.values(row).join(" "));

link_test("from the link to the panel's page, with the keyboard alone", async (context) => {
  const tab = await open(context, "?PROLIFIC_PID=5f2c7a&STUDY_ID=s1&utm_source=x");
  await prove(tab, "welcome");
  assert.equal(await tab.page.title(), "Finding files");
  assert.deepEqual(await participants(), []);
  assert.deepEqual(await context.cookies(), []);
  assert.equal(await tab.page.evaluate(() => localStorage.length), 0);
  const { keyboard } = tab.page;
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await tab.card("consent");
  assert.deepEqual(await participants(), ['P001 5f2c7a {"STUDY_ID":"s1"}']);

  await tab.page.reload();
  await tab.card("consent");
  const second = await Tab.blank(context, program.address);
  await second.page.goto(`${program.address}/join?PROLIFIC_PID=5f2c7a&STUDY_ID=s1`);
  await second.card("welcome");
  await second.press("Take part");
  await second.card("consent");
  await second.press("I agree");
  await second.card("start");
  await second.press("Start");
  await second.terminal();
  await second.type("echo hello world\n");
  await second.solved("end");
  const redirect = second.page.locator('#screen a[href^="https://panel.example"]');
  assert.equal(await redirect.getAttribute("href"), "https://panel.example/complete?cc=C1DONE");
  assert.deepEqual(await participants(), ['P001 5f2c7a {"STUDY_ID":"s1"}']);
});

/** @param {import("playwright-core").BrowserContext} context @param {string} query @param {string} card @param {RegExp} words */
async function refused(context, query, card, words) {
  const tab = await open(context, query);
  tab.expected_messages.push(/status of 40[0349]/);
  await tab.press("Take part");
  await tab.card(card);
  await tab.page.getByText(words).waitFor();
  await prove(tab, card);
  await tab.page.close();
}

link_test("a link that lets nobody in says why", async (context) => {
  await refused(context, "", "bad_id", /cannot tell from the link who you are/);
  await refused(context, "?PROLIFIC_PID={{%25PROLIFIC_PID%25}}", "bad_id", /with the whole link/);
  await refused(context, "?PROLIFIC_PID=5f2c7a", "already_joined", /in the browser in which you began/);
  assert.equal((await participants()).length, 1);
});

link_test("a browser that has lost its cookies continues where it was, and two people can share it", async (context) => {
  const tab = await open(context, "?PROLIFIC_PID=00000a");
  tab.expected_messages.push(/status of 401/);
  await tab.press("Take part");
  await tab.card("consent");
  const other = await open(context, "?PROLIFIC_PID=00000b");
  await other.press("Take part");
  await other.card("consent");
  await tab.page.reload();
  await tab.card("consent");
  await context.clearCookies();
  await tab.page.reload();
  await tab.card("welcome");
  await tab.press("Take part");
  await tab.card("consent");
  assert.deepEqual((await participants()).map((row) => row.slice(0, 11)), ["P001 5f2c7a", "P002 00000a", "P003 00000b"]);
  await refused(context, "?PROLIFIC_PID=00000c", "full", /as many participants as it needs/);
});
