#!/usr/bin/env node
// Finds the words of tools/plain_words (which describes the format) in code, tests, tools and docs. Prints each as FILE:LINE and
// ends with status 1 if there is one. --pending counts those that are not checked yet.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

const LIST = "tools/plain_words";
/** The list itself, and files by other authors. */
const LEFT_OUT = [`:!${LIST}`, ":!package-lock.json", ":!docs/images", ":!tools/character-widths", ":!LICENSE", ":!tests/mutants"];

/** @returns {{pending: boolean, pattern: string, instead: string, paths: string[]}[]} */
function read_list() {
  return readFileSync(LIST, "utf8").split("\n").flatMap((line, index) => {
    if (!line || line.startsWith("#")) return [];
    const found = /^(\? )?(.+?) => (.+?)(?: \| (.+))?$/.exec(line);
    if (!found) throw new Error(`${LIST}:${index + 1}: expected PATTERN => WHAT TO WRITE, got ${line}`);
    return [{ pending: Boolean(found[1]), pattern: found[2], instead: found[3], paths: found[4]?.split(" ") ?? ["."] }];
  });
}

/** Names of classes are case-sensitive; other words may begin a sentence. @param {string} pattern @param {string[]} paths */
function occurrences(pattern, paths) {
  const options = /^[A-Z]/.test(pattern) ? [] : ["--ignore-case"];
  const { stdout } = spawnSync("git", ["grep", "--untracked", "-I", "--line-number", "--word-regexp", ...options,
    "--extended-regexp", "-e", pattern, "--", ...paths, ...LEFT_OUT], { encoding: "utf8", maxBuffer: 1 << 28 });
  return stdout.split("\n").filter(Boolean);
}

const counts_pending = process.argv.includes("--pending");
for (const { pending, pattern, instead, paths } of read_list()) {
  if (pending !== counts_pending) continue;
  const found = occurrences(pattern, paths);
  if (counts_pending) console.log(`${String(found.length).padStart(5)}  ${pattern}`);
  else if (found.length > 0) {
    console.log(found.map((line) => `${line.slice(0, 160)}\n    write: ${instead}`).join("\n"));
    process.exitCode = 1;
  }
}
