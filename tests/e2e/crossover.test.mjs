import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { in_context, launch, NO_CONNECTION, Tab } from "./support/browser.mjs";
import { PROGRAM, Program } from "./support/program.mjs";

const EXAMPLE = new URL("../../docs/examples/crossover", import.meta.url).pathname;

const PRACTICE = "list-css";
/** Each task, and what only its text has. @type {[string, RegExp][]} */
const TASKS = [
  [PRACTICE, /or below\s+css/],
  ["larger", /larger than 800 bytes/],
  ["remove-empty", /Delete all empty directories/],
  ["times", /the date and the time/],
  ["html-tar", /Create the archive/],
];
const ROWS = ["mental", "temporal", "effort", "frustration"];

/** The example, with an access code, and with a solution that is shown soon. */
async function prepare() {
  const folder = await mkdtemp(join(tmpdir(), "tellina-crossover-"));
  await cp(EXAMPLE, folder, { recursive: true });
  const file = join(folder, "config.json");
  await promisify(execFile)(PROGRAM, ["config", "convert", join(folder, "study.yaml"), file]);
  await rm(join(folder, "study.yaml"));
  const config = JSON.parse(await readFile(file, "utf8"));
  delete config.entry;
  config.access_codes = ["bob"];
  config.flow.find((/** @type {any} */ step) => step.periods).periods.find((/** @type {any} */ step) => step.practice).solution_after_in_seconds = 0.5;
  await writeFile(file, JSON.stringify(config));
  return { program: new Program(folder), config };
}

/** A participant who uses only keys. At each step the page is reloaded, a second tab has the study for a moment, and the server is killed. */
class Walk {
  #cards = 0;

  /** @param {{program: Program, config: any, context: import("playwright-core").BrowserContext, tab: Tab}} parts */
  constructor({ program, config, context, tab }) {
    this.program = program;
    this.config = config;
    this.context = context;
    this.tab = tab;
    /** Ids of the tasks that count, in the order in which they were done. @type {string[]} */
    this.tasks = [];
  }

  /** @param {(tab: Tab) => Promise<void>} is_there Waits until a tab shows what it showed before. */
  async disturb(is_there) {
    const { context, program, tab } = this;
    await tab.page.reload();
    await is_there(tab);

    const second = await Tab.open(context, program.address);
    second.expected_messages.push(NO_CONNECTION);
    await is_there(second);
    await tab.card("replaced");
    await tab.tab_to("Use it here");
    await tab.keys("Enter");
    await is_there(tab);
    await second.card("replaced");
    await second.page.close();

    await program.stop("SIGKILL");
    await tab.page.waitForFunction(() => document.body.dataset.connection !== "connected");
    await program.start();
    await tab.connection("connected");
    await is_there(tab);
  }

  /** @param {string} name */
  async prove(name) {
    this.#cards += 1;
    await this.tab.prove(`crossover_${String(this.#cards).padStart(2, "0")}_${name}`);
  }

  /**
   * A card: looks at it, disturbs it, and leaves it.
   * @param {string} name @param {(tab: Tab) => Promise<void>} is_there @param {() => Promise<void>} leave Ends with the last key.
   */
  async card(name, is_there, leave) {
    await is_there(this.tab);
    await this.prove(name);
    await this.disturb(is_there);
    await leave();
  }

  /** @param {string} kind @param {RegExp} text Of the card. @param {() => Promise<void>} leave */
  async step(kind, text, leave) {
    await this.card(
      kind,
      async (tab) => {
        await tab.connection("connected");
        await tab.card(kind);
        await tab.page.locator("#screen", { hasText: text }).waitFor();
      },
      leave,
    );
  }

  /** Reads a page or a break. @param {string} kind @param {RegExp} text */
  async read(kind, text) {
    await this.step(kind, text, async () => {
      await this.tab.tab_to("Continue");
      await this.tab.keys("Enter");
    });
  }

  /** Starts the task that is next, solves it, and continues. @param {string} treatment @returns {Promise<string>} Its id. */
  async task(treatment) {
    const { tab } = this;
    const { page } = tab;
    const start = 'body[data-state="ready"][data-connection="connected"] #screen:not([hidden]) footer button.main';
    await this.card(
      "ready",
      async (any) => void (await any.page.waitForSelector(start)),
      async () => {
        await tab.tab_to(await page.locator(start).innerText());
        await tab.keys("Enter");
      },
    );
    await tab.terminal();
    const text = await page.locator("#task_text").innerText();
    assert.ok(text.includes(treatment), text);
    const [id] = TASKS.find(([, words]) => words.test(text)) ?? assert.fail(text);
    const [solution] = this.config.tasks.find((/** @type {any} */ task) => task.id === id).solution;
    await tab.type("echo half a line");
    await tab.shows(/half a line$/m);
    await this.disturb((any) => any.terminal());
    await tab.shows(/^\S+\$\s*$/);
    await page.locator("#trouble").getByText("We had to restart your terminal").waitFor();
    if (id === PRACTICE) await this.look_at_solution(solution);
    await tab.type(`${solution}\n`);
    await page.locator("#solved").waitFor();
    await this.prove("solved");
    await tab.keys("Tab", "Enter");
    return id;
  }

  /** @param {string} solution */
  async look_at_solution(solution) {
    const { tab } = this;
    await tab.keys("Shift+F6");
    await tab.page.locator("#show_solution").waitFor();
    await tab.tab_to("show_solution");
    await tab.keys("Enter");
    await tab.page.locator("#solution").getByText(solution).waitFor();
    await tab.keys("Shift+F6");
    await tab.terminal();
  }
}

test("the crossover example from the consent to the code, by keyboard, with a reload, a second tab and a killed server at each step", { timeout: 400_000 }, async () => {
  const { program, config } = await prepare();
  const browser = await launch();
  try {
    await program.start();
    const options = { viewport: { width: 1280, height: 800 }, reducedMotion: /** @type {const} */ ("reduce") };
    await in_context(browser, { name: "crossover", log: () => program.log, options }, async (context) => {
      const tab = await Tab.open(context, program.address);
      tab.expected_messages.push(NO_CONNECTION, /status of 503/);
      const walk = new Walk({ program, config, context, tab });
      await walk.step("consent", /every key that you type/, async () => {
        for (const box of ["box_0", "box_1"]) {
          await tab.tab_to(box);
          await tab.keys("Space");
        }
        await tab.tab_to("I agree");
        await tab.keys("Enter");
      });
      await walk.step("questionnaire", /About you/, async () => {
        await tab.tab_to("years");
        await tab.type("7");
        await tab.keys("Enter");
      });
      await walk.read("page", /What you will do/);
      /** @type {string[]} */
      const halves = [];
      for (const half of [1, 2]) {
        await walk.step("page", new RegExp(`Half ${half}: with`), async () => {
          halves.push((await tab.page.locator("#screen").innerText()).includes("with the assistant") ? "Assistant" : "Web search");
          await tab.tab_to("Continue");
          await tab.keys("Enter");
        });
        const ids = [];
        for (let task = 0; task < 3; ++task) ids.push(await walk.task(halves[half - 1]));
        assert.equal(ids[0], PRACTICE);
        walk.tasks.push(...ids.slice(1));
        await walk.step("questionnaire", /This half/, async () => {
          for (const [index, row] of ROWS.entries()) {
            await tab.tab_to(`load.${row}`);
            await tab.keys("Space", ...Array(index + half).fill("ArrowRight"));
          }
          await tab.tab_to("Continue");
          await tab.keys("Enter");
        });
        if (half === 1) await walk.read("break", /left in the break/);
      }
      await walk.step("end", /C1DONE/, async () => {
        await tab.tab_to("Continue to app.prolific.com");
        assert.equal(await tab.page.evaluate(() => document.activeElement?.getAttribute("href")), "https://app.prolific.com/submissions/complete?cc=C1DONE");
      });
      assert.deepEqual([...halves].sort(), ["Assistant", "Web search"]);
      assert.deepEqual([...walk.tasks].sort(), ["html-tar", "larger", "remove-empty", "times"]);
      const blocks = walk.tasks.map((id) => (config.blocks.I.tasks.includes(id) ? "I" : "II"));
      assert.ok(blocks[0] === blocks[1] && blocks[2] === blocks[3], blocks.join());
    });

    assert.deepEqual(await program.rows("SELECT outcome FROM people"), [{ outcome: "completed" }]);
    const left = await program.rows("SELECT kind, count(*) AS times FROM steps WHERE done_at IS NOT NULL GROUP BY position, kind ORDER BY position");
    assert.ok(left.every(({ times }) => times === 1), JSON.stringify(left));
    const half = ["page", "questionnaire"];
    assert.deepEqual(left.map(({ kind }) => kind), ["consent", "questionnaire", "page", ...half, "break", ...half]);
    const done = await program.rows("SELECT state, count(*) AS times, count(DISTINCT position) AS places FROM results GROUP BY state");
    assert.deepEqual(done, [{ state: "passed", times: 6, places: 6 }]);
    const answers = await program.rows("SELECT field, value FROM answers WHERE form IN ('about', 'effort') ORDER BY step_id, at");
    const rated = (/** @type {number} */ first) => ({ field: "load", value: Object.fromEntries(ROWS.map((row, index) => [row, first + index])) });
    assert.deepEqual(answers.map(({ field, value }) => ({ field, value: JSON.parse(value) })).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1), [rated(2), rated(3), { field: "years", value: 7 }]);
  } finally {
    await program.clean_up();
    await browser.close();
  }
});
