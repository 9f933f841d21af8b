import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import "./support/vendor.mjs";
import { active, body, page as document_page, part } from "./support/fake_page.mjs";
import { FakeTimers, settle } from "./support/fake_timers.mjs";
import { PASSED, READY, RUNNING } from "./support/session_parts.mjs";

const { About } = await import("../../static/js/app/about.js");
const { Display } = await import("../../static/js/app/display.js");
const { PlainPage } = await import("../../static/js/app/plain_page.js");
const { Settings } = await import("../../static/js/app/settings.js");
const { StudyPage } = await import("../../static/js/app/study_page.js");

const terminal = part("terminal");
const settings = new Settings(new Display(() => ({ getItem: () => null, setItem: () => {} })));
/** Only one, because the page's elements exist once. */
const timers = new FakeTimers();
const page = new StudyPage({ screen: new PlainPage(), settings, about: new About(), timers, focus_terminal: () => terminal.focus() });

/** A session whose requests the test answers. */
class FakeSession {
  /** @type {any} */
  state = null;
  /** @type {string[]} */
  asked = [];
  /** @type {{resolve: () => void, reject: (error: Error) => void}} */
  answer = { resolve: () => {}, reject: () => {} };

  start = () => void this.asked.push("start");
  start_task = (/** @type {number} */ number) => this.#ask(`start_task ${number}`);
  reset = () => this.#ask("reset");
  give_up = () => this.#ask("give_up");
  cancel_paste = () => void this.asked.push("cancel_paste");
  hand_in = () => this.#ask("hand_in");
  withdraw = (/** @type {boolean} */ deletes) => this.#ask(`withdraw ${deletes}`);
  finish_step = (/** @type {any} */ step, /** @type {object} */ end) => this.#ask(`finish_step ${step.id} ${JSON.stringify(end)}`);

  /** @param {string} what @returns {Promise<void>} */
  #ask(what) {
    this.asked.push(what);
    return new Promise((resolve, reject) => (this.answer = { resolve, reject }));
  }
}

let session = new FakeSession();
let refused = 0;
/** @param {any} state */
const hear = (state) => page.on_state((session.state = state));
/** @param {any} name */
const connection = (name) => page.on_status({ name, attempt: 1, retry_at: 0, reason: "" });
const screen = part("screen");
/** Name of the plain page that is shown; empty if none. */
const shown = () => (screen.hidden ? "" : screen.dataset.card);
const question = part("question");
const notice = part("notice");
const PROGRESS = /** @type {const} */ ({ type: "progress", matched: 1, missing: 0, extra: 0, incorrect: 0 });

beforeEach(() => {
  session = new FakeSession();
  page.attach(/** @type {any} */ (session), { on_refused: () => refused++ });
  connection("replaced");
  connection("connected");
  hear(READY);
  hear(RUNNING);
  body.focus();
});

test("each state has its screen, and receiving it again changes nothing", () => {
  hear(READY);
  assert.deepEqual([shown(), body.dataset.state, body.dataset.view], ["start", "ready", "plain"]);
  part("open_settings").focus();
  hear({ ...READY });
  assert.equal(active(), part("open_settings"));
  hear({ ...RUNNING, state_number: 5 });
  assert.deepEqual([shown(), body.dataset.view, active(), document_page.title], ["", "work", terminal, "Task 1 of 2 – Command-line study"]);
  hear({ ...PASSED, previous: { number: 1, state: "timed_out" } });
  assert.deepEqual([shown(), part("task_number").textContent], ["timed_out", "Task 2 of 2"]);
  hear({ ...PASSED, state: "finished", state_number: 9, task: null });
  assert.deepEqual([shown(), part("task_number").textContent], ["end", "The end"]);
});

test("the output that solved a task and the task's text stay visible until the participant continues", () => {
  page.on_progress(PROGRESS);
  const block = { number: 1, total: 2, time_left_in_seconds: 60 };
  hear({ ...RUNNING, state_number: 5, task: { ...RUNNING.task, block } });
  const place = part("block_number").textContent;
  hear({ ...PASSED, task: { ...PASSED.task, block: { ...block, number: 2 } } });
  assert.deepEqual([place, part("block_number").textContent, part("block_box").hidden], ["Task 1 of 2 in this block", "Task 1 of 2 in this block", true]);
  const solved = part("solved");
  assert.deepEqual([shown(), body.dataset.view, solved.hidden, active().textContent], ["", "work", false, "Task 1 solved"]);
  assert.deepEqual([part("task_number").textContent, part("check").hidden, part("actions").hidden], ["Task 1 of 2", true, true]);
  hear({ ...PASSED });
  assert.equal(shown(), "");
  solved.button("Next task").click();
  assert.deepEqual([shown(), solved.hidden, part("task_number").textContent, part("check").hidden], ["passed", true, "Task 2 of 2", true]);
  screen.button("Start the next task").click();
  hear({ ...RUNNING, state_number: 6, task: { ...RUNNING.task, number: 2 } });
  hear({ ...PASSED, state: "finished", state_number: 7, task: null, previous: { number: 2, state: "passed" } });
  solved.button("Finish").click();
  assert.deepEqual([shown(), solved.hidden], ["end", true]);
});

test("a task that was solved before the page was loaded, or in another tab, shows no terminal", () => {
  hear({ ...PASSED, state_number: 6, previous: { number: 5, state: "passed" } });
  assert.deepEqual([shown(), part("solved").hidden], ["passed", true]);
  hear({ ...RUNNING, state_number: 7 });
  connection("replaced");
  connection("connected");
  hear({ ...PASSED, state_number: 8 });
  assert.deepEqual([shown(), part("solved").hidden], ["passed", true]);
});

test("updates of a running task leave the focus where it is", () => {
  part("fold").focus();
  hear({ ...RUNNING, state_number: 7 });
  assert.equal(active(), part("fold"));
  body.focus();
  hear({ ...RUNNING, state_number: 8 });
  assert.equal(active(), terminal);
});

test("settings that were opened while a task started close, and those of a running task stay open", () => {
  hear(READY);
  screen.button("Start").click();
  part("open_settings").click();
  assert.equal(part("settings").open, true);
  hear({ ...RUNNING, state_number: 5 });
  assert.deepEqual([part("settings").open, shown(), active()], [false, "", terminal]);
  settings.open();
  part("settings").button("Done").focus();
  hear({ ...RUNNING, state_number: 6 });
  assert.deepEqual([part("settings").open, active().textContent], [true, "Done"]);
  settings.close();
});

test("resetting asks first, and clears the last check when it is done", async () => {
  page.on_progress(PROGRESS);
  part("reset").click();
  assert.deepEqual([question.open, session.asked], [true, []]);
  question.button("Reset files").click();
  assert.deepEqual([session.asked, active(), part("check").hidden], [["reset"], terminal, false]);
  session.answer.resolve();
  await settle();
  assert.deepEqual([part("check").hidden, part("reset").attributes["aria-disabled"]], [true, "false"]);
});

test("a failure is shown, and can be retried or closed", async () => {
  part("give_up").click();
  question.button("Give up").click();
  session.answer.reject(Object.assign(new Error("no room"), { code: "busy" }));
  await settle();
  assert.equal(notice.hidden, false);
  assert.match(notice.textContent, /We could not end the task\. Try again\. If it keeps failing, tell the people who run this study\./);
  body.focus();
  notice.button("Try again").click();
  assert.deepEqual([session.asked, notice.hidden, active()], [["give_up", "give_up"], true, terminal]);
  session.answer.resolve();
  await settle();
  page.on_error({ type: "error", code: "internal", message: "the disk is full" });
  notice.button("Close").click();
  assert.equal(notice.hidden, true);
});

test("a failure after the end of its task is not shown, and a notice closes with its task", async () => {
  part("give_up").click();
  question.button("Give up").click();
  hear(PASSED);
  hear({ ...RUNNING, state_number: 4, task: { ...RUNNING.task, number: 2 } });
  session.answer.reject(new Error("wrong task"));
  await settle();
  assert.equal(notice.hidden, true);
  page.on_error({ type: "error", code: "internal", message: "the disk is full" });
  hear({ ...PASSED, state_number: 5 });
  assert.equal(notice.hidden, true);
});

test("a task's notice and question close when another tab starts the next task", async () => {
  const next = (/** @type {number} */ number) => hear({ ...RUNNING, state_number: 2 + 2 * number, task: { ...RUNNING.task, number } });
  part("give_up").click();
  question.button("Give up").click();
  session.answer.reject(new Error("no room"));
  await settle();
  notice.button("Try again").focus();
  hear({ ...RUNNING, state_number: 3 });
  assert.equal(notice.hidden, false, "it is still the same task");
  next(2);
  assert.deepEqual([notice.hidden, session.asked, active()], [true, ["give_up"], terminal]);
  part("give_up").focus();
  part("give_up").click();
  hear({ ...RUNNING, state_number: 7, task: { ...RUNNING.task, number: 2 } });
  assert.equal(question.open, true, "it is still the same task");
  next(3);
  assert.deepEqual([question.open, session.asked, active()], [false, ["give_up"], terminal]);
});

test("a replaced terminal clears the last check, once", () => {
  const replaced = { ...RUNNING, task: { ...RUNNING.task, terminal_replaced: true } };
  page.on_progress(PROGRESS);
  hear(replaced);
  assert.equal(part("check").hidden, true);
  page.on_progress(PROGRESS);
  hear(replaced);
  assert.equal(part("check").hidden, false);
});

test("a takeover by another tab closes everything else, and leaving no longer asks", () => {
  assert.equal(page.is_task_running, true);
  part("give_up").click();
  connection("lost");
  assert.equal(page.is_task_running, true);
  connection("replaced");
  assert.deepEqual([question.open, shown(), page.is_task_running], [false, "replaced", false]);
  screen.button("Use it here").click();
  assert.deepEqual(session.asked, ["start"]);
  connection("connected");
  hear(RUNNING);
  assert.deepEqual([shown(), active()], ["", terminal]);
});

test("the status is one announcement", async () => {
  page.on_progress(PROGRESS);
  part("announcer").texts = [];
  page.announce_status();
  page.announce_status();
  const standing = "1 minute left. Task 1 of 2. Last check: All lines are correct.";
  assert.deepEqual(part("announcer").texts, [standing, `${standing}\u00a0`], "screen readers would not announce an unchanged text");
  hear({ ...RUNNING, state_number: 2, task: { ...RUNNING.task, time_left_in_seconds: 15.5, clock_stands: true } });
  page.announce_status();
  assert.match(part("announcer").textContent, /^16 seconds left, paused\. Task 1 of 2\..*Your terminal is temporarily unavailable/);
});

test("a card's description has its text, and before the first task what is recorded", () => {
  const described = () => (screen.all("h2")[0].attributes["aria-describedby"] ?? "").split(" ").map((id) => find_in(screen, id)?.textContent ?? "").join(" ");
  hear(READY);
  assert.match(described(), /This study records every key you type.*Task 1 of 2.*You have 1 minute\. The clock starts when your terminal appears/);
  hear({ ...PASSED, previous: { number: 1, state: "timed_out" } });
  assert.match(described(), /Task 2 of 2.*You have 1 minute\. The clock starts when your terminal appears/);
  assert.doesNotMatch(described(), /records/);
});

/** @param {any} element @param {string} id @returns {any} */
function find_in(element, id) {
  if (typeof element === "string" || element.id === id) return typeof element === "string" ? undefined : element;
  return element.children.map((/** @type {any} */ child) => find_in(child, id)).find((/** @type {any} */ found) => found !== undefined);
}

test("a page that is no longer accepted says so", () => {
  const before = refused;
  connection("refused");
  assert.deepEqual([refused, page.is_task_running], [before + 1, false]);
});

test("if a task cannot be started, its button works again", async () => {
  hear(READY);
  screen.button("Start").click();
  assert.deepEqual(session.asked, ["start_task 1"]);
  screen.button("Preparing your terminal…").click();
  assert.equal(session.asked.length, 1);
  session.answer.reject(Object.assign(new Error("no room"), { code: "sandbox_unavailable" }));
  await settle();
  screen.button("Try again").click();
  assert.equal(session.asked.length, 2);
});

test("the card says what happens while the terminal is prepared", async () => {
  hear({ ...READY, state_number: 20 });
  const line = () => /** @type {any} */ (screen.all("p").find(({ className }) => className === "preparation"));
  assert.equal(line().hidden, true);
  screen.button("Start").click();
  page.on_sandbox_starting("Loading the disk image (2 of 5)");
  assert.deepEqual([line().hidden, line().textContent], [false, "Loading the disk image (2 of 5)"]);
  page.on_sandbox_starting("<b>Filling</b> your home");
  assert.equal(line().textContent, "<b>Filling</b> your home", "it is text");
  session.answer.reject(new Error("no room"));
  await settle();
  assert.equal(line().hidden, true);
});

test("a reset says what happens, until it is done", async () => {
  page.on_sandbox_starting("Filling your home");
  assert.equal(notice.hidden, true, "nobody waits for it");
  part("reset").click();
  question.button("Reset files").click();
  page.on_sandbox_starting("Filling your home");
  assert.match(notice.textContent, /Preparing your new terminal: Filling your home/);
  session.answer.resolve();
  await settle();
  assert.equal(notice.hidden, true);
});

const STEP = { id: "page-1", kind: "page", number: 1, total: 4, title: "How it works", text: "Read *this*." };
const IN_STEP = { state: "step", state_number: 20, task: null, previous: null, step: STEP };

test("a step has its card, which also says how the task before it ended", () => {
  hear({ ...IN_STEP, previous: { number: 1, state: "timed_out" } });
  assert.deepEqual([shown(), body.dataset.state, part("task_number").textContent, active().textContent], ["page", "step", "Step 1 of 4", "How it works"]);
  assert.match(screen.textContent, /Time is up for task 1\. That is fine\..*this/s);
  hear({ ...IN_STEP, state_number: 21, previous: { number: 1, state: "timed_out" } });
  assert.doesNotMatch(screen.textContent, /Time is up/, "it is said once");
  hear({ ...PASSED, state_number: 22, previous: { number: 1, state: "timed_out" } });
  assert.equal(shown(), "start");
  hear({ ...RUNNING, state_number: 23 });
  hear({ ...PASSED, state_number: 24, previous: { number: 1, state: "timed_out" } });
  assert.equal(shown(), "timed_out", "the same outcome of another try");
  for (const [kind, card] of [["consent", "consent"], ["questionnaire", "questionnaire"], ["break", "break"], ["of_a_newer_server", "page"]]) {
    hear({ ...IN_STEP, state_number: (session.state.state_number ?? 0) + 1, step: { ...STEP, kind } });
    assert.equal(shown(), card);
  }
});

test("a solved task stays in sight before a step, too", () => {
  hear({ ...IN_STEP, state_number: 31, previous: { number: 1, state: "passed" } });
  assert.deepEqual([shown(), part("solved").hidden], ["", false]);
  part("solved").button("Continue").click();
  assert.equal(shown(), "page");
});

test("a practice task and a task of the same number are two", () => {
  hear({ ...RUNNING, state_number: 35, task: { ...RUNNING.task, practice: true } });
  assert.equal(part("task_number").textContent, "Practice task 1 of 2");
  hear({ ...PASSED, state_number: 36, task: { ...PASSED.task, number: 1 }, previous: { number: 1, state: "passed" } });
  assert.equal(shown(), "passed", "the task that was solved is not the one in sight");
  hear({ ...RUNNING, state_number: 37, task: { ...RUNNING.task, practice: true } });
  hear({ ...PASSED, state_number: 38, task: { ...PASSED.task, number: 1 }, previous: { number: 1, state: "passed", practice: true } });
  assert.deepEqual([shown(), active().textContent], ["", "Practice task 1 solved"]);
  part("solved").button("Next task").click();
  assert.equal(active().textContent, "Practice task 1 solved");
});

test("while the server chooses what comes next, there is nothing to press", () => {
  hear({ ...IN_STEP, state_number: 39, step: { id: "", kind: "page", number: 0, total: 0, title: "", text: "One moment, please.", at_least_in_seconds: 5, seconds_left: null } });
  assert.deepEqual([shown(), screen.all("button").length, document_page.title], ["page", 0, "Command-line study"]);
});

test("leaving is offered in the settings until the study ends, and its question survives the end of a task", () => {
  const offers = () => {
    part("open_settings").click();
    const has_button = part("settings").all("button").some(({ textContent }) => textContent === "Leave the study…");
    settings.close();
    return has_button;
  };
  assert.equal(offers(), false, "an older server does not offer it");
  hear({ ...RUNNING, state_number: 40, withdrawal: "off" });
  assert.equal(offers(), false);
  hear({ ...RUNNING, state_number: 41, withdrawal: "delete" });
  assert.equal(offers(), true);
  part("open_settings").click();
  part("settings").button("Leave the study…").click();
  assert.equal(page.has_terminal, false);
  hear({ ...PASSED, state_number: 42, withdrawal: "delete", previous: { number: 1, state: "timed_out" } });
  assert.deepEqual([shown(), part("leave").open], ["timed_out", true]);
  part("leave").button("Leave the study").click();
  assert.deepEqual(session.asked, ["withdraw true"]);
  hear({ state: "finished", state_number: 43, task: null, previous: null, outcome: "withdrew", withdrawal: "delete" });
  assert.deepEqual([shown(), part("leave").open, offers()], ["end", false, false]);
});

test("the ribbon says that a run is a trial", () => {
  hear({ ...RUNNING, state_number: 50, study: { title: "Finding files", contact: "a@example.org", trial_run: true } });
  assert.equal(part("trial_run").hidden, false);
  assert.deepEqual([part("study_title").textContent, part("study_contact").textContent], ["Finding files", "Questions? a@example.org"]);
  hear({ ...RUNNING, state_number: 51, study: { trial_run: false } });
  assert.equal(part("trial_run").hidden, true);
  assert.equal(part("study_title").textContent, "Finding files", "what a server does not send stays");
  hear({ ...RUNNING, state_number: 52 });
  assert.equal(part("trial_run").hidden, true);
});

test("a hand-in with tries left is judged without a question; the state says how many are left", async () => {
  const with_tries = (/** @type {number} */ number, /** @type {number} */ tries_left) => ({ ...RUNNING, state_number: number, task: { ...RUNNING.task, hand_in: "button", tries_left } });
  hear(with_tries(60, 3));
  part("hand_in").click();
  assert.deepEqual([session.asked, question.open, part("verdict").textContent], [["hand_in"], false, "Your work is being checked…"]);
  session.answer.resolve();
  await settle();
  page.on_progress(PROGRESS);
  hear(with_tries(60, 2));
  assert.deepEqual([part("verdict").hidden, part("verdict").textContent], [false, "What you handed in was not right. You have 2 tries left."]);
  part("hand_in").click();
  session.answer.reject(new Error("the checker failed"));
  await settle();
  assert.equal(part("verdict").hidden, true);
  assert.match(notice.textContent, /We could not hand in your work\. The server says: the checker failed/);
  hear(with_tries(61, 1));
  part("hand_in").click();
  question.button("Hand in").click();
  assert.deepEqual(session.asked, ["hand_in", "hand_in", "hand_in"]);
});

test("each outcome of a study has its words; a way back has a button, if it is an address", () => {
  const headings = new Set();
  const end = (/** @type {object} */ more) => hear({ state: "finished", state_number: (session.state.state_number ?? 0) + 100, task: null, previous: null, ...more });
  for (const outcome of ["completed", "withdrew", "no_consent", "screened_out", "failed_practice", "full", "expired", "stopped"]) {
    end({ outcome });
    headings.add(active().textContent);
  }
  assert.equal(headings.size, 8);
  end({});
  assert.equal(active().textContent, "Done. Thank you!");
  end({ outcome: "of_a_newer_server" });
  assert.equal(active().textContent, "The study has ended");
  for (const [redirect, links] of /** @type {const} */ ([["https://example.org/?c=1", 1], ["javascript:alert(1)", 0], ["https://", 0], ["example.org", 0], ["", 0]])) {
    end({ outcome: "completed", redirect });
    assert.equal(screen.all("a").length, links, redirect);
  }
});

test("a form that the server shows again says that answers were wrong", () => {
  const form = (/** @type {number} */ state_number, /** @type {boolean} */ repeated) => ({ ...IN_STEP, state_number, step: { ...STEP, kind: "questionnaire", fields: [], repeated } });
  const WRONG = /Not all of your answers were right/;
  hear(form(2000, false));
  assert.doesNotMatch(screen.textContent, WRONG);
  hear(form(2001, true));
  assert.match(screen.textContent, WRONG);
});

test("the end of a study is shown, whatever its number", () => {
  hear({ ...IN_STEP, state_number: 3000 });
  hear({ state: "finished", state_number: 3000, task: null, previous: null, outcome: null });
  assert.deepEqual([shown(), active().textContent], ["end", "Done. Thank you!"]);
  hear({ state: "finished", state_number: 3000, task: null, previous: null, outcome: "screened_out" });
  assert.equal(active().textContent, "Thank you for your interest");
  part("open_settings").focus();
  hear({ state: "finished", state_number: 3000, task: null, previous: null, outcome: "screened_out" });
  assert.equal(active(), part("open_settings"));
});
