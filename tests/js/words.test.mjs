import assert from "node:assert/strict";
import { test } from "node:test";

import {
  clock_level,
  clock_text,
  connection_in_words,
  difference_in_words,
  duration_in_words,
  failure_in_words,
  limit_in_words,
  position_in_words,
  progress_in_words,
  recording_in_words,
  report_in_words,
  time_left_in_words,
  task_in_words,
  tries_in_words,
  try_in_words,
} from "../../static/js/app/words.js";
import { RequestError } from "../../static/js/core/requests.js";

test("the clock shows a second that has begun, and nothing below zero", () => {
  assert.deepEqual([65, 60, 59.2, 0.1, 0, -3, 3600, 3725.5].map(clock_text), ["1:05", "1:00", "1:00", "0:01", "0:00", "0:00", "1:00:00", "1:02:06"]);
});

test("durations read like a sentence", () => {
  assert.deepEqual([1, 30, 60, 61, 120, 150].map(duration_in_words), [
    "1 second",
    "30 seconds",
    "1 minute",
    "1 minute and 1 second",
    "2 minutes",
    "2 minutes and 30 seconds",
  ]);
});

test("the connection has a sentence if there is a problem", () => {
  const say = (/** @type {any} */ name, more = {}) =>
    connection_in_words({ name, attempt: 3, retry_at: 0, reason: "" }, { keeps_input: false, was_connected: true, cause: "", ...more });
  assert.equal(say("connecting", { was_connected: false }), "Connecting…");
  assert.equal(say("greeting"), "Connection lost. Reconnecting…");
  assert.equal(say("lost"), "Connection lost. Reconnecting…");
  assert.equal(say("lost", { keeps_input: true }), "Connection lost. Reconnecting… What you type is kept.");
  assert.equal(say("connected", { keeps_input: true }), "");
  assert.equal(say("waiting", { keeps_input: true }), "Waiting for the server… What you type is kept.");
  assert.equal(say("lost", { cause: "Elsewhere." }), "Elsewhere.");
  assert.equal(say("replaced"), "Open in another tab");
});

test("time gets short in two steps, whichever comes first", () => {
  const levels = (/** @type {number} */ duration, /** @type {number[]} */ ...left) => left.map((seconds) => clock_level(seconds, duration));
  assert.deepEqual(levels(600, 151, 150, 31, 30, 0), ["enough", "soon", "soon", "last", "last"]);
  assert.deepEqual(levels(60, 31, 30, 16, 15), ["enough", "soon", "soon", "last"]);
  assert.deepEqual(levels(20, 20, 6, 5, 0), ["enough", "enough", "last", "last"]);
});

test("the time left has its number", () => {
  assert.deepEqual([300, 90, 15, 14.2, 1, 0, -1].map(time_left_in_words), [
    "5 minutes left",
    "1 minute and 30 seconds left",
    "15 seconds left",
    "15 seconds left",
    "1 second left",
    "0 seconds left",
    "0 seconds left",
  ]);
});

test("a failure of the server says what to do, whom to ask, and its reference", () => {
  const failed = { heading: "It did not start.", sentence: "Your clock has not started." };
  const refusal = new RequestError("sandbox_unavailable", "no room", { reference: "3F7A" });
  assert.deepEqual(failure_in_words(refusal, failed, "a@example.org"), {
    heading: "It did not start.",
    sentence: "Your clock has not started. Try again. If it keeps failing, contact a@example.org (reference 3F7A).",
  });
  assert.equal(
    failure_in_words(new RequestError("busy", "no room"), { heading: "It did not start." }, "").sentence,
    "Try again. If it keeps failing, tell the people who run this study.",
  );
  assert.equal(failure_in_words(new RequestError("wrong_task", "not this one"), failed, "").sentence, "Your clock has not started. The server says: not this one");
});

test("a problem that the server reports names whom to ask", () => {
  const words = "The server reports a problem: the disk is full. If it continues, contact a@example.org.";
  assert.deepEqual([report_in_words("the disk is full", "a@example.org"), report_in_words("the disk is full.", "a@example.org")], [words, words]);
});

test("what is recorded follows the configuration", () => {
  const all = { records_bytes: true, records_addresses: true };
  assert.match(recording_in_words(all), /^This study records every key you type and everything the terminal prints\..* the quality of your connection, your time zone and your network address\. /);
  assert.doesNotMatch(recording_in_words({ ...all, records_bytes: false }), /every key/);
  assert.match(recording_in_words({ ...all, records_addresses: false }, { has_treatment: true }), /connection, when you open a link beside a task and your time zone\. It records nothing outside this page\.$/);
});

test("a check of files says what is still to be done", () => {
  /** @param {number} missing @param {number} extra @param {number} incorrect */
  const words = (missing, extra, incorrect) => progress_in_words({ matched: 7, missing, extra, incorrect }, "filesystem");
  assert.equal(words(1, 2, 0), "Not done yet: 1 thing is missing, 2 should not be here.");
  assert.equal(words(0, 250, 0), "Not done yet: 250 things should not be here.");
  assert.equal(words(0, 1, 1), "Not done yet: 1 thing should not be here, 1 is wrong.");
  assert.equal(words(2, 0, 3), "Not done yet: 2 things are missing, 3 are wrong.");
  assert.equal(words(0, 0, 0), "Everything is correct.");
});

test("a check of output counts the answer's lines, and is empty for a command without any of them", () => {
  /** @param {number} matched @param {number} missing */
  const words = (matched, missing) => progress_in_words({ matched, missing, extra: 100, incorrect: 0 }, "stdout");
  assert.equal(words(2, 1), "Not done yet: 2 of 3 lines are correct.");
  assert.equal(words(1, 2), "Not done yet: 1 of 3 lines is correct.");
  assert.equal(words(3, 0), "All lines are correct.");
  assert.equal(words(0, 3), "");
  assert.equal(
    progress_in_words({ matched: 1, missing: 0, extra: 99999, incorrect: 0, too_much_output: true }, "stdout"),
    "Not done yet: the output has the answer among too many other lines. Print less around it.",
  );
});

test("a check of complete output says what is wrong with it", () => {
  /** @param {number} matched @param {number} missing @param {number} extra @param {number} incorrect @param {string} type */
  const words = (matched, missing, extra, incorrect, type) => progress_in_words({ matched, missing, extra, incorrect, extra_counts: true }, type);
  assert.equal(words(3, 2, 0, 0, "file_search"), "Not done yet: 3 of 5 paths are correct.");
  assert.equal(words(1, 0, 1, 0, "file_search"), "Not done yet: 1 of 1 paths is correct, 1 should not be there.");
  assert.equal(words(2, 1, 4, 1, "stdout"), "Not done yet: 2 of 4 lines are correct, 1 is in another place, 4 should not be there.");
  assert.equal(words(4, 0, 0, 0, "stdout"), "Everything is correct.");
  assert.equal(words(0, 4, 7, 0, "stdout"), "");
  const changed = { matched: 2, missing: 0, extra: 0, incorrect: 0, changed_names: true, extra_counts: true };
  assert.match(progress_in_words(changed, "file_search"), /^Not done yet: files were added, removed or renamed/);
});

test("a difference has a name", () => {
  const names = ["content", "mode", "owner", "modified_at", "size"].map(difference_in_words);
  assert.deepEqual(names, ["wrong content", "wrong permissions", "wrong owner", "wrong time", "wrong size"]);
});

/** @param {object} [more] @returns {any} */
const task = (more = {}) => ({ number: 2, total: 5, duration_in_seconds: 600, time_left_in_seconds: null, ...more });

test("the position in the study, with practice and steps; an older server says none of it", () => {
  const state = (/** @type {object} */ more) => /** @type {any} */ ({ state: "ready", task: task(), previous: null, ...more });
  assert.deepEqual(
    [state({}), state({ task: task({ practice: true }) }), state({ state: "step", task: null, step: { number: 3, total: 9 } }), state({ state: "finished", task: null })].map(position_in_words),
    ["Task 2 of 5", "Practice task 2 of 5", "Step 3 of 9", "The end"],
  );
  assert.deepEqual([null, task(), task({ try: null }), task({ try: { number: 1, of: 1 } }), task({ try: { number: 2, of: 3 } })].map(try_in_words), ["", "", "", "", "Try 2 of 3"]);
  assert.deepEqual([{ number: 3 }, { number: 3, practice: true }].map(task_in_words), ["Task 3", "Practice task 3"]);
  assert.deepEqual([2, 1].map(tries_in_words), ["2 tries left", "1 try left"]);
});

test("a task's limit is its own, or the rest of its block, or none", () => {
  const begin = "The clock starts when your terminal appears.";
  const block = (/** @type {number | null} */ seconds) => ({ number: 1, total: 2, time_left_in_seconds: seconds });
  assert.equal(limit_in_words(task()), `You have 10 minutes. ${begin}`);
  assert.equal(limit_in_words(task({ block: block(600) })), `You have 10 minutes. ${begin}`);
  assert.equal(limit_in_words(task({ block: block(599) })), `You have 9 minutes and 59 seconds, the rest of the time for these tasks. ${begin}`);
  assert.equal(limit_in_words(task({ duration_in_seconds: null, block: block(60) })), `You have 1 minute, the rest of the time for these tasks. ${begin}`);
  assert.equal(limit_in_words(task({ duration_in_seconds: null, block: block(null) })), "This task has no time limit.");
});

test("a checker that counts nothing wrong says nothing: it may not pass the task nevertheless", () => {
  const counts = { matched: 0, missing: 0, extra: 0, incorrect: 0 };
  assert.deepEqual([progress_in_words(counts, "command"), progress_in_words({ ...counts, matched: 3 }, "command")], ["", ""]);
  assert.equal(progress_in_words({ ...counts, missing: 2, extra: 1 }, "command"), "Not done yet: 2 things are missing, 1 should not be here.");
  assert.equal(progress_in_words(counts, "filesystem"), "Everything is correct.");
});
