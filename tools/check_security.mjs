#!/usr/bin/env node
// Checks docs/security.md: every test that it names exists, and its table has the attacks of tests/hostile/attacks.cpp.
// Prints what differs and ends with status 1 if anything does.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

const PAGE = "docs/security.md";
const ATTACKS = "tests/hostile/attacks.cpp";

const page = readFileSync(PAGE, "utf8");
const findings = [];

const definitions = execFileSync("git", ["grep", "-hoE", "TEST(_F|_P)?\\([A-Za-z0-9]+, *[A-Za-z0-9]+\\)", "--", "tests"],
  { encoding: "utf8" });
const tests = new Set([...definitions.matchAll(/\((\w+), *(\w+)\)/g)].map(([, suite, name]) => `${suite}.${name}`));
for (const [, name] of page.matchAll(/`([A-Z]\w+\.[A-Z]\w+)`/g)) {
  if (!tests.has(name)) findings.push(`${PAGE}: expected the name of a test, got ${name}`);
}

const table = page.split(/<!-- (?:end of )?hostile\b.*-->/)[1] ?? "";
const rows = new Set([...table.matchAll(/^\| ([^|]+) \|/gm)].map(([, name]) => name));
rows.delete("attack");
rows.delete("---");
for (const [, name] of readFileSync(ATTACKS, "utf8").matchAll(/\.name = "([^"]+)"/g)) {
  if (!rows.delete(name)) findings.push(`${PAGE}: expected a row for the attack "${name}", got none`);
}
for (const name of rows) findings.push(`${PAGE}: expected an attack of ${ATTACKS}, got "${name}"`);

for (const finding of findings) console.log(finding);
process.exitCode = findings.length === 0 ? 0 : 1;
