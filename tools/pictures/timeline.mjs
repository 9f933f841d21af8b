#!/usr/bin/env node
// Draws one task session of a study's database as SVG: keys, commands, output and checks over time.
//
//   node tools/pictures/timeline.mjs db.sqlite3 ACCESS_CODE TASK_NUMBER > timeline.svg

import { execFileSync } from "node:child_process";
import process from "node:process";
import { pathToFileURL } from "node:url";

const WIDTH = 960;
const LEFT = 110;
const RIGHT = 30;
const LANE = 58;
const TOP = 64;
const COLOURS = { keys: "#1a56b0", commands: "#334155", failed: "#b3261e", output: "#7c8796", passed: "#1b7f3b", checks: "#b7791f" };

const escaped = (/** @type {string} */ text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** @param {string} database @param {string} sql @returns {any[]} */
function rows(database, sql) {
  const printed = execFileSync("sqlite3", ["-readonly", "-json", database, sql], { encoding: "utf8", maxBuffer: 1 << 28 });
  return printed.trim() === "" ? [] : JSON.parse(printed);
}

/**
 * What happened in a task session; times are in seconds since its start. Of several attempts the last counts.
 * @param {string} database @param {string} access_code @param {number} task_number
 */
export function read_session(database, access_code, task_number) {
  const text = `'${access_code.replaceAll("'", "''")}'`;
  const [session] = rows(
    database,
    `SELECT task_session_id AS id, state, time_spent_in_seconds AS seconds FROM results
     WHERE access_code = ${text} AND task_number = ${task_number} ORDER BY attempt DESC LIMIT 1`,
  );
  if (!session) throw new Error(`${database}: expected a task session of ${access_code} in task ${task_number}, found none`);
  const of_session = `task_session_id = ${session.id}`;
  const [{ start }] = rows(database, `SELECT at_ns AS start FROM event_log WHERE ${of_session} AND kind = 'started'`);
  const seconds = (/** @type {string} */ column) => `(${column} - ${start}) / 1e9`;
  return {
    ...session,
    access_code,
    task_number,
    keys: rows(database, `SELECT ${seconds("at_ns")} AS at FROM input_bytes WHERE ${of_session}`),
    output: rows(database, `SELECT ${seconds("at_ns")} AS at, length(bytes) AS bytes FROM output_bytes WHERE ${of_session}`),
    commands: rows(
      database,
      `SELECT ${seconds("started_at_ns")} AS at, ${seconds("ended_at_ns")} AS until, CAST(text AS TEXT) AS text, exit_status
       FROM commands WHERE ${of_session} ORDER BY command_number`,
    ),
    checks: rows(
      database,
      `SELECT ${seconds("at_ns")} AS at, detail ->> 'passed' AS passed FROM event_log WHERE ${of_session} AND kind = 'check'`,
    ),
  };
}

/** @param {ReturnType<typeof read_session>} session @returns {string} SVG */
export function draw_session(session) {
  const latest = [session.keys, session.output, session.checks].flat().map(({ at }) => at);
  const end = Math.max(1, ...latest, ...session.commands.map((/** @type {any} */ { until }) => until)) * 1.02;
  const x = (/** @type {number} */ at) => (LEFT + (Math.max(at, 0) / end) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const lanes = ["Keys", "Commands", "Output", "Checks"];
  const height = TOP + lanes.length * LANE + 44;
  const middle = (/** @type {number} */ lane) => TOP + lane * LANE + LANE / 2;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="14">`,
    `<title>Timeline of ${escaped(session.access_code)}, task ${session.task_number}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="30" font-size="16" font-weight="600" fill="#1a202c">${escaped(session.access_code)}, task ${session.task_number}: ${session.state.replace("_", " ")} after ${session.seconds.toFixed(1)} s</text>`,
  ];
  lanes.forEach((name, lane) => {
    if (lane % 2 === 0) parts.push(`<rect x="0" y="${TOP + lane * LANE}" width="${WIDTH}" height="${LANE}" fill="#f4f6f8"/>`);
    parts.push(`<text x="16" y="${middle(lane) + 5}" fill="#1a202c">${name}</text>`);
  });
  const axis = TOP + lanes.length * LANE;
  const step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((seconds) => end / seconds <= 12) ?? Math.ceil(end / 12);
  for (let at = 0; at <= end; at += step) {
    parts.push(`<path d="M${x(at)} ${TOP}V${axis + 5}" stroke="#d5dae1"/>`);
    parts.push(`<text x="${x(at)}" y="${axis + 22}" text-anchor="middle" font-size="12" fill="#4a5568">${at} s</text>`);
  }
  for (const { at } of session.keys) parts.push(`<path d="M${x(at)} ${middle(0) - 16}v32" stroke="${COLOURS.keys}" stroke-opacity="0.7"/>`);
  const free_from = [-Infinity, -Infinity];
  session.commands.forEach((/** @type {any} */ { at, until, text, exit_status }) => {
    const begin = Number(x(at));
    const width = Math.max(Number(x(until)) - begin, 3);
    const colour = exit_status === 0 ? COLOURS.commands : COLOURS.failed;
    parts.push(`<rect x="${begin}" y="${middle(1) - 8}" width="${width.toFixed(1)}" height="16" rx="2" fill="${colour}"/>`);
    const label = text.length > 34 ? `${text.slice(0, 33)}…` : text;
    const label_width = label.length * 6.7 + 10;
    const place = Math.min(begin, WIDTH - RIGHT - label_width);
    const row = free_from.findIndex((free) => place >= free);
    if (row === -1) return;
    free_from[row] = place + label_width;
    parts.push(`<text x="${place}" y="${middle(1) + [-14, 22][row]}" font-family="monospace" font-size="11" fill="${colour}">${escaped(label)}</text>`);
  });
  const most = Math.max(1, ...session.output.map((/** @type {any} */ { bytes }) => bytes));
  for (const { at, bytes } of session.output) {
    const tall = 4 + (36 * Math.log1p(bytes)) / Math.log1p(most);
    parts.push(`<path d="M${x(at)} ${middle(2) + 22}v-${tall.toFixed(1)}" stroke="${COLOURS.output}" stroke-width="2"/>`);
  }
  for (const { at, passed } of session.checks) {
    parts.push(`<circle cx="${x(at)}" cy="${middle(3)}" r="6" fill="${passed ? COLOURS.passed : COLOURS.checks}"/>`);
    if (passed) parts.push(`<text x="${x(at)}" y="${middle(3) + 24}" text-anchor="end" fill="${COLOURS.passed}">passed</text>`);
  }
  parts.push("</svg>");
  return `${parts.join("\n")}\n`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [database, access_code, task_number] = process.argv.slice(2);
  if (!database || !access_code || !/^\d+$/.test(task_number ?? "")) {
    console.error("usage: node tools/pictures/timeline.mjs DATABASE ACCESS_CODE TASK_NUMBER > FILE.svg");
    process.exit(2);
  }
  process.stdout.write(draw_session(read_session(database, access_code, Number(task_number))));
}
