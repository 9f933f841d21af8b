import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { in_context, launch, NO_CONNECTION, WAIT_TIMEOUT, Tab } from "./support/browser.mjs";
import { Network } from "./support/network.mjs";
import { Program } from "./support/program.mjs";

/** Compares the record's observations with what the browser itself saw. */

const TIMEOUT = 400_000;
/** In milliseconds, between two queries of the record. A query starts a process on the machine on which times are measured. */
const BETWEEN_LOOKS = 50;
/** In milliseconds: the delay between two listeners of one keystroke on a busy machine. */
const TOLERANCE = 500;

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Program} */
let program;
/** @type {Network} */
let network;

before(async () => {
  program = await Program.prepare((config) => (config.task_duration_in_seconds = 600));
  [browser] = await Promise.all([launch(), program.start()]);
  network = new Network(program.address);
});
after(async () => {
  await browser?.close();
  await network?.close();
  await program?.clean_up();
});

/** @param {string} kind @param {(detail: any) => boolean} is_wanted @returns {Promise<any>} Once the record has it. */
async function recorded(kind, is_wanted = () => true) {
  const end = Date.now() + WAIT_TIMEOUT;
  for (;;) {
    const rows = await program.rows(`SELECT task_number, detail FROM event_log WHERE kind = '${kind}' ORDER BY at_ns`);
    const found = rows.map(({ task_number, detail }) => ({ task_number, ...JSON.parse(detail) })).find(is_wanted);
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`no such event ${kind} but: ${JSON.stringify(rows)}`);
    await pause(BETWEEN_LOOKS);
  }
}

const NAME = "keys have the times at which the browser saw them, and pastes, sizes, looks away and breaks are in the record";
test(NAME, { timeout: TIMEOUT }, () => in_context(browser, { name: NAME, log: () => program.log, options: { viewport: { width: 1280, height: 720 } } }, prove_record));

/** @param {import("playwright-core").BrowserContext} context */
async function prove_record(context) {
  await context.addInitScript(() => {
    const pressed = /** @type {[string, number][]} */ ([]);
    Object.assign(window, { pressed });
    addEventListener("keydown", ({ key }) => pressed.push([key, performance.timeOrigin + performance.now()]), { capture: true });
  });
  const tab = await Tab.open(context, await network.open());
  tab.expected_messages.push(NO_CONNECTION);
  await tab.card("start");
  await tab.press("Start");
  await tab.terminal();
  await tab.shows(/\$ *$/m);
  await tab.page.evaluate(() => /** @type {any} */ (window).pressed.splice(0));

  await tab.type("echo ");
  await tab.paste("pasted words");
  await tab.shows(/echo pasted words/);
  await tab.type(" x\n");
  await tab.shows(/^pasted words x$/m);
  const paste = await recorded("paste");
  assert.deepEqual([paste.task_number, paste.input_offset], [1, 5]);
  const input = await program.stream("bob", 1, "input_bytes");
  // eslint-disable-next-line no-control-regex
  assert.match(input.slice(5, 5 + paste.bytes), /^(?:\x1b\[200~)?pasted words(?:\x1b\[201~)?$/);
  assert.equal(input.slice(0, 5) + input.slice(5 + paste.bytes), "echo  x\r");

  const pressed = /** @type {[string, number][]} */ (await tab.page.evaluate(() => /** @type {any} */ (window).pressed));
  assert.equal(pressed.map(([key]) => key).join(""), "echo  xEnter");
  const keys = [0, 1, 2, 3, 4, 5 + paste.bytes, 6 + paste.bytes, 7 + paste.bytes];
  let rows = [];
  for (const end = Date.now() + WAIT_TIMEOUT; rows.length < keys.length + 1 && Date.now() < end; await pause(BETWEEN_LOOKS)) {
    rows = await program.rows("SELECT stream_offset, typed_at_in_milliseconds AS at FROM input_times ORDER BY stream_offset");
  }
  assert.deepEqual(rows.map(({ stream_offset }) => stream_offset), [...keys, 5].sort((one, other) => one - other));
  for (const [index, offset] of keys.entries()) {
    const { at } = rows.find(({ stream_offset }) => stream_offset === offset);
    const [key, seen_at] = pressed[index];
    assert.ok(Math.abs(at - seen_at) < TOLERANCE, `the key ${key} at ${offset} was pressed at ${seen_at} and has ${at}`);
  }

  await tab.page.setViewportSize({ width: 1100, height: 600 });
  const { columns } = await recorded("started");
  await recorded("resize", (size) => size.columns < columns && size.rows > 0);

  await recorded("visibility", ({ visible }) => visible === true);
  await recorded("focus", ({ focused }) => focused === true);
  const look = async (/** @type {boolean} */ is_here) => {
    const at = await tab.page.evaluate((here) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, value: here ? "visible" : "hidden" });
      Object.defineProperty(document, "hasFocus", { configurable: true, value: () => here });
      document.dispatchEvent(new Event("visibilitychange"));
      dispatchEvent(new Event(here ? "focus" : "blur"));
      return Date.now();
    }, is_here);
    const seen = await recorded("visibility", (detail) => detail.visible === is_here && Math.abs(detail.at - at) < TOLERANCE);
    assert.equal(seen.task_number, 1);
    await recorded("focus", (detail) => detail.focused === is_here && Math.abs(detail.at - at) < TOLERANCE);
  };
  await look(false);
  await look(true);

  const cut_at = Date.now();
  network.cut();
  await tab.connection("lost");
  network.restore();
  await tab.connection("connected");
  const { reason, milliseconds } = await recorded("disconnected");
  assert.equal(reason, "close 1006");
  assert.ok(milliseconds > 0 && milliseconds <= Date.now() - cut_at, `${milliseconds} ms without a connection`);
}
