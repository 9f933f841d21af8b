#!/usr/bin/env node
// Checks the layers of host/: no cycle between its folders, nothing included that a rule forbids, every library linked
// with exactly what it includes, no file compiled by another folder's CMakeLists.txt, no class cut over several files, and
// the table of ARCHITECTURE.md.
// Prints each finding as FILE:LINE: TEXT and ends with status 1 if there is one. --write brings the table up to date.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import process from "node:process";

const ARCHITECTURE = "ARCHITECTURE.md";
const TABLE_START = "<!-- layers: written by tools/check_layers.mjs --write -->\n";
const TABLE_END = "<!-- end of layers -->\n";

/** Folders that must stay separate: [folder of host/, what it never includes, why]. */
const SEPARATE = [
  ["study", "store", "values of the study are defined in study/"],
  ["gateway", "store", "a gateway asks a worker"],
  ["gateway", "study", "a gateway asks a worker"],
  ["bench", "cli", "host/options has the command line's options for the load generator"],
  ["cli", "bench", "main.cpp passes the load generator to it"],
  ["wire", "session", "messages between processes do not depend on their senders"],
];

/** @type {string[]} */
const findings = [];
/** @param {string} place @param {string} text */
const report = (place, text) => { findings.push(`${place}: ${text}`); };

/** The files that git tracks or would add. @param {string[]} patterns @returns {string[]} */
function files(...patterns) {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns],
    { encoding: "utf8" });
  return [...new Set(listed.split("\n"))].filter((file) => file && existsSync(file));
}

/** A folder's includes: for each folder of host/ or "sdk", the places, and whether a header is among them.
 * @typedef {Map<string, {places: string[], in_header: boolean}>} Includes */

/** @returns {Map<string, Includes>} by folder of host/ */
function read_includes() {
  const graph = new Map();
  for (const file of files("host/*/*.cpp", "host/*/*.hpp")) {
    const folder = basename(dirname(file));
    if (!graph.has(folder)) graph.set(folder, new Map());
    readFileSync(file, "utf8").split("\n").forEach((line, index) => {
      const found = /^#include "(?:host\/([a-z]+)\/|(tellina)\/)/.exec(line);
      const target = found && (found[2] ? "sdk" : found[1]);
      if (!target || target === folder) return;
      const seen = graph.get(folder).get(target) ?? { places: [], in_header: false };
      seen.places.push(`${file}:${index + 1}`);
      seen.in_header ||= file.endsWith(".hpp");
      graph.get(folder).set(target, seen);
    });
  }
  return graph;
}

/** @param {Map<string, Includes>} graph */
function check_cycles(graph) {
  /** @type {Set<string>} */
  const finished = new Set();
  /** @param {string} folder @param {string[]} path */
  const visit = (folder, path) => {
    const start = path.indexOf(folder);
    if (start >= 0) {
      const cycle = [...path.slice(start), folder];
      report(graph.get(path[path.length - 1]).get(folder).places[0], `a cycle of folders: ${cycle.join(" -> ")}`);
      return;
    }
    if (finished.has(folder)) return;
    for (const target of graph.get(folder)?.keys() ?? []) visit(target, [...path, folder]);
    finished.add(folder);
  };
  for (const folder of graph.keys()) visit(folder, []);
}

/** @param {Map<string, Includes>} graph */
function check_apart(graph) {
  for (const [folder, target, why] of SEPARATE) {
    for (const place of graph.get(folder)?.get(target)?.places ?? []) {
      report(place, `host/${folder} includes nothing of host/${target}: ${why}`);
    }
  }
}

/** A CMakeLists.txt without its comments. @param {string} file @returns {string} */
const cmake_text = (file) => readFileSync(file, "utf8").replace(/#.*/g, "");

/** @param {Map<string, Includes>} graph */
function check_links(graph) {
  for (const [folder, includes] of graph) {
    const file = `host/${folder}/CMakeLists.txt`;
    /** @type {Map<string, string>} */
    const linked = new Map();
    for (const [, list] of cmake_text(file).matchAll(new RegExp(`target_link_libraries\\(tellina_${folder}\\s([^)]*)\\)`, "g"))) {
      let visibility = "";
      for (const word of list.split(/\s+/)) {
        if (/^(PUBLIC|PRIVATE|INTERFACE)$/.test(word)) visibility = word;
        const target = /^tellina_(\w+)$/.exec(word)?.[1];
        if (target && (target === "sdk" || graph.has(target))) linked.set(target, visibility);
      }
    }
    for (const [target, { places, in_header }] of includes) {
      const expected = in_header ? "PUBLIC" : "PRIVATE";
      const found = linked.get(target);
      if (!found) report(file, `expected tellina_${target} (${expected}), which ${places[0]} includes`);
      else if (in_header && found !== "PUBLIC") report(file, `expected PUBLIC tellina_${target}: a header includes it`);
      else if (!in_header && found === "PUBLIC") report(file, `expected PRIVATE tellina_${target}: no header includes it`);
    }
    for (const target of linked.keys()) {
      if (!includes.has(target)) report(file, `links tellina_${target} and includes nothing of it`);
    }
  }
}

/** Sources that a CMakeLists.txt names must be of its own folder or of one inside it. */
function check_sources() {
  for (const file of files("CMakeLists.txt", "*/CMakeLists.txt")) {
    if (file.startsWith("sdk/template/") || file.startsWith("sdk/examples/")) continue;
    const folder = dirname(file);
    const text = cmake_text(file);
    /** @type {Map<string, string>} */
    const variables = new Map([["CMAKE_SOURCE_DIR", "."], ["CMAKE_CURRENT_SOURCE_DIR", folder]]);
    /** @param {string} word @returns {string} */
    const expand = (word) => word.replace(/\$\{(\w+)\}/g, (all, name) => variables.get(name) ?? all);
    for (const [, name, value] of text.matchAll(/\bset\((\w+)\s+([^\s)]+)\)/g)) {
      variables.set(name, existsSync(join(folder, value)) ? join(folder, value) : expand(value));
    }
    text.split("\n").forEach((line, index) => {
      for (const [word] of line.matchAll(/[^\s()"]+\.(?:cpp|c)\b/g)) {
        const path = expand(word);
        const is_rooted = path !== word || path.startsWith("/");
        const place = normalize(is_rooted ? path : join(folder, path));
        if (folder !== "." && !place.startsWith(`${folder}/`) && !place.startsWith("build/")) {
          report(`${file}:${index + 1}`, `compiles ${word}, a file of another folder; link a library of that folder`);
        }
      }
    });
  }
}

/** The member functions of a class are defined in one source file. */
function check_classes() {
  /** @type {Map<string, Set<string>>} */
  const sources = new Map();
  for (const file of files("host/*.cpp", "plugins/*.cpp")) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      const name = /^(?:[A-Za-z_][^=;()]*[ *&>])?([A-Z]\w*)::~?\w+\(.*[{},()]$|^(?:[A-Za-z_][^=;()]*[ *&>])?([A-Z]\w*)::~?\w+\(.*const$/.exec(line);
      const found = name?.[1] ?? name?.[2];
      if (!found) continue;
      const key = `${dirname(file)}: ${found}`;
      sources.set(key, (sources.get(key) ?? new Set()).add(file));
    }
  }
  for (const [key, of_class] of sources) {
    if (of_class.size > 1) report([...of_class][0], `${key.split(": ")[1]} is split over ${[...of_class].join(", ")}`);
  }
}

/** @param {Map<string, Includes>} graph @returns {string} */
function table(graph) {
  const folders = [...graph.keys()].sort();
  /** @param {string[]} names @returns {string} */
  const listed = (names) => names.length === 0 ? "nothing" : names.sort().map((name) => `\`${name}\``).join(", ");
  const main = readFileSync("host/main.cpp", "utf8");
  const rows = folders.map((folder) => {
    const callers = folders.filter((other) => graph.get(other).has(folder));
    if (main.includes(`"host/${folder}/`)) callers.push("main.cpp");
    return `| \`host/${folder}/\` | ${listed([...graph.get(folder).keys()])} | ${listed(callers)} |\n`;
  });
  return `${TABLE_START}| room | may include | may be called by |\n| --- | --- | --- |\n${rows.join("")}${TABLE_END}`;
}

/** @param {Map<string, Includes>} graph @param {boolean} writes */
function check_table(graph, writes) {
  const text = readFileSync(ARCHITECTURE, "utf8");
  const start = text.indexOf(TABLE_START);
  const end = text.indexOf(TABLE_END);
  if (start < 0 || end < start) return report(ARCHITECTURE, `expected a table between "${TABLE_START.trim()}" and "${TABLE_END.trim()}"`);
  const updated = text.slice(0, start) + table(graph) + text.slice(end + TABLE_END.length);
  if (updated === text) return;
  if (writes) writeFileSync(ARCHITECTURE, updated);
  else report(ARCHITECTURE, "the table of layers does not match the includes of host/; if the change is intended: tools/check_layers.mjs --write");
}

const graph = read_includes();
check_cycles(graph);
check_apart(graph);
check_links(graph);
check_sources();
check_classes();
check_table(graph, process.argv.includes("--write"));
if (findings.length > 0) {
  console.log(findings.join("\n"));
  process.exitCode = 1;
}
