import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Program, PROGRAM } from "./support/program.mjs";

/** Runs the examples of docs/data.md on a record that contains NUL and bytes that are not UTF-8. */

const run = promisify(execFile);
const PAGE = new URL("../../docs/data.md", import.meta.url).pathname;
const ROWS = `
INSERT INTO task_sessions (id, participant_id, attempt, task_number, task_type, state, started_at, started_at_ns, ended_at, ended_at_ns,
  charged_before_ns, stream, sandbox, position)
  SELECT 1, id, 1, 1, 'stdout', 'passed', '2026-01-31T12:00:00.5Z', 0, '2026-01-31T12:00:04Z', 4, 3500000000, 's-1', '', 1 FROM participants;
INSERT INTO recorded_commands (task_session_id, command_number, text, cwd, exit_status, started_at, started_at_ns, ended_at, ended_at_ns,
  output_from, output_to, output, ended_by) VALUES
  (1, 1, 'find -print0', '/home/me', 0, 'a', 0, 'b', 2000000000, 0, 9, CAST(x'2e002e2f612f00c3a9' AS TEXT), 'exit'),
  (1, 2, x'6c7320ff', '/home/me', 2, 'a', 0, 'b', 1, 9, 10, x'ff0061', 'exit'),
  (1, 3, 'sleep 9', '/home/me', NULL, 'a', 0, 'b', 1, 10, 10, '', 'task_end');
INSERT INTO input_chunks VALUES (1, 0, 1000000, 'a', x'6c73'), (1, 2, 3000000, 'b', x'000d');
INSERT INTO output_chunks VALUES (1, 0, 1, 'a', x'2e002e'), (1, 3, 2, 'b', x'ff0a');
`;

const WORKER = `
INSERT INTO workers (id, process_id, process_start_ticks, boot_id, registered_at, registered_at_ns, sandbox_plugin, sandbox_settings)
  VALUES ('w-1', 1, 1, 'b', 'a', 0, 'exec', '{"plugin":"exec","settings":{"token":"SECRET"}}');
`;

/** @type {Program} */
let program;
/** @type {Map<string, string[]>} The code blocks of the page by their language. */
const blocks = new Map();

/** @param {string} command @param {string[]} options */
async function in_folder(command, options) {
  return (await run(command, options, { cwd: program.folder, encoding: "buffer" })).stdout;
}

before(async () => {
  program = await Program.prepare((config) => (config.access_codes = []));
  await in_folder(PROGRAM, ["participants", "add", "bob"]);
  await in_folder("sqlite3", ["-bail", "db.sqlite3", ROWS]);
  for (const [, language, code] of (await readFile(PAGE, "utf8")).matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    blocks.set(language, [...(blocks.get(language) ?? []), code]);
  }
});
after(async () => {
  await rm(program.folder, { recursive: true });
});

test("every query of the page runs", async () => {
  assert.equal(blocks.get("sql")?.length, 10);
  const shown = [];
  for (const query of blocks.get("sql") ?? []) {
    shown.push((await in_folder("sqlite3", ["-bail", "-readonly", "-list", "db.sqlite3", query])).toString());
  }
  assert.equal(shown[0], "", "no command is doubtful");
  assert.equal(shown[1], "1|passed|1|3.5\n");
  assert.match(shown[2], /^1\|find -print0\|0\|2\.0\n/);
  assert.equal(shown[3], "0|6C73|\n2|000D|2.0\n");
});

test("a copy that is published has no settings of sandboxes", async () => {
  const secret = "a-secret-of-the-sandbox";
  const commands = [];
  for (const [, command] of (await readFile(PAGE, "utf8")).matchAll(/`(sqlite3 [^`]*copy\.sqlite3[^`]*)`/g)) commands.push(command);
  assert.equal(commands.length, 2, "one command copies, the other drops the settings");
  await in_folder("sqlite3", ["-bail", "db.sqlite3", WORKER.replace("SECRET", secret)]);
  await in_folder("sh", ["-c", commands[0]]);
  const copy = join(program.folder, "copy.sqlite3");
  assert.ok((await readFile(copy)).includes(secret));
  await in_folder("sh", ["-c", commands[1]]);
  assert.ok(!(await readFile(copy)).includes(secret));
  const left = "SELECT id, sandbox_plugin, sandbox_settings IS NULL FROM workers";
  assert.equal((await in_folder("sqlite3", ["-list", "copy.sqlite3", left])).toString(), "w-1|exec|1\n");
});

test("the shell example shows every byte of the output", async () => {
  const [line] = blocks.get("sh") ?? [];
  assert.deepEqual(await in_folder("sh", ["-c", line]), Buffer.from("2e002eff0a", "hex"));
});

test("Python reads bytes that are not text", async () => {
  const [code] = blocks.get("python") ?? [];
  await writeFile(join(program.folder, "read.py"), code);
  assert.equal(
    (await in_folder("python3", ["read.py"])).toString(),
    "1 'find -print0' 0 '.\\x00./a/\\x00é'\n2 'ls \ufffd' 2 '\ufffd\\x00a'\n3 'sleep 9' None ''\n4 bytes typed\n",
  );
});

test("R reads bytes that are not text", async () => {
  const [code] = blocks.get("r") ?? [];
  const shows = "cat(sprintf('%s|%s|%s\\n', commands$text, commands$exit_status, commands$output), length(typed), results$state)";
  await writeFile(join(program.folder, "read.R"), `${code}\n${shows}\n`);
  const shown = await run("Rscript", ["read.R"], { cwd: program.folder, env: { ...process.env, LC_ALL: "C.UTF-8" } });
  assert.equal(shown.stderr, "");
  assert.ok(shown.stdout.endsWith("find -print0|0|.␀./a/␀é\n ls ?|2|?␀a\n sleep 9|NA|\n 4 passed"), shown.stdout);
});
