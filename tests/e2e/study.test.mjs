import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { in_context, launch, NO_CONNECTION, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

const TIMEOUT = 400_000;

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").BrowserContext} */
let context;
/** @type {Program} */
let program;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** @param {string} name @param {() => Promise<void>} body With a server of its own, which runs. */
function study_test(name, body) {
  test(name, { timeout: TIMEOUT }, async () => {
    program = await Program.prepare((config) => (config.task_duration_in_seconds = 600));
    try {
      await program.start();
      await in_context(browser, { name, log: () => program.log, options: { viewport: { width: 1280, height: 720 } } }, (own) => {
        context = own;
        return body();
      });
    } finally {
      await program.clean_up();
    }
  });
}

/** @param {Tab} tab @param {string} button */
async function start(tab, button) {
  await tab.press(button);
  await tab.terminal();
  await tab.shows(/\$ *$/m);
}

/** @param {Tab} tab */
async function refresh(tab) {
  await tab.page.reload();
  await tab.terminal();
}

study_test("a participant does the whole study, with a reload in between", async () => {
  const tab = await Tab.open(context, program.address);
  tab.expected_messages.push(NO_CONNECTION);
  await tab.card("start");
  assert.equal(await tab.page.locator("#task_number").textContent(), "Task 1 of 2");
  await tab.screenshot("study_start");
  await start(tab, "Start");

  await tab.type("echo one two");
  await tab.shows(/\$ echo one two$/m);
  await refresh(tab);
  await tab.shows(/\$ echo one two$/m);
  await tab.type(" three\n");
  await tab.shows(/^one two three$/m);

  await tab.type("vim notes.txt\n");
  await tab.shows(/^~$/m);
  await tab.type("ifrom inside vim");
  await tab.shows(/^from inside vim$/m);
  await tab.shows(/-- INSERT --/);
  await refresh(tab);
  await tab.shows(/^from inside vim$/m);
  await tab.shows(/-- INSERT --/);
  await tab.screenshot("study_vim_after_refresh");
  await tab.type(", still");
  await tab.shows(/^from inside vim, still$/m);
  await tab.page.keyboard.press("Escape");
  await tab.type(":wq\n");
  await tab.shows(/^one two three$/m);
  await tab.type("cat notes.txt\n");
  await tab.shows(/^from inside vim, still$/m);

  await tab.type("echo hello world\n");
  await tab.solved();
  await tab.screenshot("study_passed");
  await start(tab, "Start the next task");
  assert.equal(await tab.page.locator("#task_number").textContent(), "Task 2 of 2");
  await tab.type("ls -R\n");
  await tab.shows(/^\.\/dir1\/dir2:$/m);
  await tab.type("touch dir1/dir2/hello.txt\n");
  await tab.solved("end");
  assert.match((await tab.page.locator("#screen").textContent()) ?? "", /You solved 2 of 2 tasks\..*Task 1solved.*Task 2solved/);
  await tab.screenshot("study_end");
  await tab.page.reload();
  await tab.card("end");

  assert.deepEqual(tab.foreign_requests, []);
  assert.equal(await program.stop(), 0, program.log);

  assert.deepEqual(await program.rows("SELECT access_code, task_number, state FROM results ORDER BY task_number"), [
    { access_code: "bob", task_number: 1, state: "passed" },
    { access_code: "bob", task_number: 2, state: "passed" },
  ]);
  assert.deepEqual(await program.rows("SELECT * FROM gaps"), []);
  const typed = await program.stream("bob", 1, "input_bytes");
  // eslint-disable-next-line no-control-regex
  const answers = typed.match(/\x1b(?:\[[?>]?[0-9;]*[cRny]|\[\?[0-9;]*\$y|\[[IO]|[\]P][^\x07\x1b]*(?:\x07|\x1b\\))/g) ?? [];
  const keys = answers.reduce((text, answer) => text.replace(answer, ""), typed);
  assert.equal(keys, "echo one two three\rvim notes.txt\rifrom inside vim, still\x1b:wq\rcat notes.txt\recho hello world\r");
  assert.equal(new Set(answers).size, answers.length, `the refreshed terminal answered vim again: ${JSON.stringify(typed)}`);
  assert.equal(await program.stream("bob", 2, "input_bytes"), "ls -R\rtouch dir1/dir2/hello.txt\r");
  assert.match(await program.stream("bob", 1, "output_bytes"), /hello world\r\n/);
  const [command] = await program.rows(
    "SELECT exit_status, output FROM commands WHERE access_code = 'bob' AND task_number = 1 AND text = 'echo hello world'",
  );
  assert.equal(command.exit_status, 0);
});

/** The screen has a prompt and nothing else. */
const ONLY_A_PROMPT = /^\S+\$\s*$/;

for (const signal of /** @type {const} */ (["SIGINT", "SIGKILL"])) study_test(`after a restart of the server (${signal}) in the middle of vim there is a fresh shell on a fresh screen, in a refreshed page, too`, async () => {
  const tab = await Tab.open(context, program.address);
  tab.expected_messages.push(NO_CONNECTION);
  await tab.card("start");
  await start(tab, "Start");
  await tab.type("vim notes.txt\n");
  await tab.shows(/^~$/m);
  await tab.type("ilost");
  await tab.shows(/^lost$/m);
  assert.equal(await program.stop(signal), signal === "SIGINT" ? 0 : signal, program.log);
  await tab.connection("lost");
  await program.start();
  await tab.terminal();
  await tab.shows(ONLY_A_PROMPT);
  await refresh(tab);
  await tab.shows(ONLY_A_PROMPT);
  await tab.type("echo $((6*7))\n");
  await tab.shows(/^42$/m);
});

study_test("the page reconnects after a restart of the server, and says that the files are the initial ones and that what was typed meanwhile was discarded", async () => {
  const tab = await Tab.open(context, program.address);
  tab.expected_messages.push(NO_CONNECTION);
  await tab.card("start");
  await start(tab, "Start");
  await tab.type("touch mine; echo before\n");
  await tab.shows(/^before$/m);
  assert.equal(await tab.page.locator("#trouble").isVisible(), false);
  assert.equal(await program.stop(), 0, program.log);
  await tab.connection("lost");
  await tab.type("rm ignore_me.txt; echo typed while it was away\n");
  await program.start();
  await tab.terminal();
  await tab.page.locator("#trouble").getByText("What you typed in the meantime was discarded.").waitFor();
  await tab.shows(ONLY_A_PROMPT);
  await tab.prove("study_input_dropped");
  await tab.type("echo after\n");
  await tab.shows(/^after$/m);
  assert.doesNotMatch(await tab.text(), /typed while it was away/);
  await tab.type("ls mine ignore_me.txt\n");
  await tab.shows(/cannot access 'mine'/);
  await tab.shows(/^ignore_me\.txt$/m);
  await tab.page.locator("#trouble").getByText("We had to restart your terminal because of a problem on our side.").waitFor();
  await refresh(tab);
  await tab.page.locator("#trouble").getByText("We had to restart your terminal").waitFor();
  await tab.prove("study_terminal_replaced");
  await tab.press("Reset files");
  await tab.press("Reset files");
  await tab.page.locator("#trouble").waitFor({ state: "hidden" });
  assert.deepEqual(await program.rows("SELECT task_number, state FROM results"), [{ task_number: 1, state: "running" }]);
  assert.equal(await program.stop(), 0, program.log);
  assert.match(await program.stream("bob", 1, "input_bytes"), /^touch mine; echo before\rrm ignore_me\.txt; echo typed while it was away\recho after\rls mine ignore_me\.txt\r$/);
  assert.deepEqual(await program.rows("SELECT text FROM commands WHERE text LIKE '%typed while%' OR text LIKE 'rm %'"), []);
  const dropped = await program.rows("SELECT sum(detail ->> 'bytes') AS bytes, group_concat(DISTINCT detail ->> 'reason') AS reasons FROM event_log WHERE kind = 'input_dropped'");
  assert.deepEqual(dropped, [{ bytes: "rm ignore_me.txt; echo typed while it was away\r".length, reasons: "sandbox_replaced" }]);
  const events = await program.rows("SELECT kind FROM event_log WHERE kind IN ('reset', 'sandbox_replaced')");
  assert.deepEqual(events.map(({ kind }) => kind), ["sandbox_replaced", "reset"]);
});

study_test("a reset while vim or yes runs gives fresh files and a clean terminal, after a reload too; giving up ends the task", async () => {
  const tab = await Tab.open(context, program.address);
  await tab.card("start");
  await start(tab, "Start");
  await tab.type("rm ignore_me.txt; vim\n");
  await tab.shows(/^~$/m);
  await tab.press("Reset files");
  await tab.press("Reset files");
  await tab.terminal();
  await tab.shows(ONLY_A_PROMPT);
  await refresh(tab);
  await tab.shows(ONLY_A_PROMPT);
  await tab.type("yes\n");
  await tab.shows(/^y\ny\ny\n/);
  await tab.press("Reset files");
  await tab.press("Reset files");
  await tab.terminal();
  await tab.shows(ONLY_A_PROMPT);
  await tab.type("ls\n");
  await tab.shows(/^ignore_me\.txt$/m);
  await tab.type("exit\n");
  await tab.shows(/exit[^]*\$ *$/m);
  await tab.type("echo $((6*7))\n");
  await tab.shows(/^42$/m);
  await tab.press("Give up");
  await tab.press("Give up");
  await tab.card("gave_up");
  await tab.page.reload();
  await tab.card("gave_up");
  assert.deepEqual(await program.rows("SELECT task_number, state FROM results"), [{ task_number: 1, state: "gave_up" }]);
});
