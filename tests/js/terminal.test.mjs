import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import { TerminalScreen } from "../../static/js/core/terminal.js";

// The package's "module" field names a file that it does not have.
const { Terminal } = /** @type {typeof import("@xterm/headless")} */ (createRequire(import.meta.url)("@xterm/headless"));

const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

function make() {
  const emulator = new Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  /** @type {string[]} */
  const input = [];
  let resizes = 0;
  const screen = new TerminalScreen(emulator, {
    on_input: (typed) => input.push(Buffer.from(typed).toString("latin1")),
    on_resize: () => resizes++,
  });
  /** @param {string | Uint8Array} text @param {boolean} is_replay @returns {Promise<void>} */
  const write = (text, is_replay) =>
    new Promise((resolve) => screen.write(typeof text === "string" ? bytes(text) : text, { is_replay }, resolve));
  const line = (/** @type {number} */ row) => emulator.buffer.active.getLine(row)?.translateToString(true);
  return { emulator, screen, input, write, line, resizes: () => resizes };
}

/** Queries of programs, and the emulator's answers. */
const QUESTIONS = [
  ["device attributes", "\x1b[c"],
  ["secondary device attributes", "\x1b[>c"],
  ["status report", "\x1b[5n"],
  ["cursor report", "\x1b[6n"],
  ["private cursor report", "\x1b[?6n"],
  ["mode report", "\x1b[4$p"],
  ["private mode report", "\x1b[?25$p"],
  ["setting report", "\x1bP$qm\x1b\\"],
];

for (const [name, question] of QUESTIONS) {
  test(`answers a new question, and not a replayed one: ${name}`, async () => {
    const { input, write } = make();
    await write(question, false);
    assert.equal(input.length, 1, `the emulator answers ${JSON.stringify(question)}`);
    await write(question, true);
    assert.equal(input.length, 1);
    await write(question, false);
    assert.equal(input.length, 2);
  });
}

test("input during a replay is sent", async () => {
  const { emulator, screen, input, write } = make();
  const with_alt = ["\x1b]", "\x1b_", "\x1b^", "\x1bP", "\x1bX"];
  const keys = ["a", "\r", "\x1b", "\x1b[A", "\x1bOP", "\x1b[200~pasted\x1b[201~", "\x1b[<0;3;4M", "\x03", ...with_alt];
  const drawn = write("\x1b[6n".repeat(1000), true);
  for (const key of keys) emulator.input(key, true);
  await drawn;
  assert.deepEqual(input, keys);
  screen.clear();
});

test("a query that is cut in the middle is answered with its second half", async () => {
  const { input, write } = make();
  await write("\x1b[6", true);
  await write("n", false);
  assert.deepEqual(input, ["\x1b[1;1R"]);
});

test("typed text is UTF-8, binary reports are bytes", () => {
  const { emulator, input } = make();
  emulator.input("ä€", true);
  assert.equal(Buffer.from(input[0], "latin1").toString("utf8"), "ä€");
  /** @type {(data: string) => void} */
  let report = () => {};
  /** @type {number[][]} */
  const taken = [];
  new TerminalScreen(
    { cols: 1, rows: 1, write: () => {}, onData: () => {}, onBinary: (listener) => (report = listener), onResize: () => {}, modes: { bracketedPasteMode: false } },
    { on_input: (typed) => taken.push([...typed]), on_resize: () => {} },
  );
  report("\x1b[M\xff\x80");
  assert.deepEqual(taken, [[0x1b, 0x5b, 0x4d, 0xff, 0x80]]);
});

test("clear() comes after earlier output, ends open sequences, and drops its queries", async () => {
  const { emulator, screen, input, write, line } = make();
  void write("\x1b[?1049h\x1b[?1003hold\x1b[6n", false);
  void write(Uint8Array.of(0x1b, 0x5d, 0x32, 0x3b, 0xe2, 0x82), false);
  screen.clear();
  await write("new", false);
  assert.equal(line(0), "new");
  assert.equal(emulator.buffer.active.type, "normal");
  assert.equal(emulator.modes.mouseTrackingMode, "none");
  assert.deepEqual(input, []);
});

test("reports its size within the protocol's limits, and when it changes", () => {
  const { emulator, screen, resizes } = make();
  assert.deepEqual(screen.size, { columns: 80, rows: 24 });
  emulator.resize(100, 30);
  assert.equal(resizes(), 1);
  assert.deepEqual(screen.size, { columns: 100, rows: 30 });
  emulator.resize(2000, 30);
  assert.deepEqual(screen.size, { columns: 1000, rows: 30 });
});

test("sends no focus reports when a replay turns them on", async () => {
  const { emulator, input, write } = make();
  const drawn = write("\x1b[?1004h", true);
  emulator.input("\x1b[I", false);
  await drawn;
  assert.deepEqual(input, []);
  emulator.input("\x1b[O", false);
  assert.deepEqual(input, ["\x1b[O"]);
});
