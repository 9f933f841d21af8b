#!/usr/bin/env node
// Finds links between the repository's Markdown files that lead to no file or to no heading.
// Prints each as FILE:LINE: LINK and ends with status 1 if there is one.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";

/** A template's links are relative to the generated page. */
const GENERATES = ["tools/performance/template.md"];

/** Lines of a Markdown file outside of fenced code. @param {string} file @returns {{number: number, text: string}[]} */
function prose(file) {
  let is_code = false;
  return readFileSync(file, "utf8").split("\n").flatMap((text, index) => {
    const is_fence = /^\s*```/.test(text);
    if (is_fence) is_code = !is_code;
    return is_fence || is_code ? [] : [{ number: index + 1, text }];
  });
}

/** The anchors that GitHub gives to headings. @param {string} file @returns {Set<string>} */
function anchors(file) {
  const headings = prose(file).filter(({ text }) => /^#+ /.test(text));
  return new Set(headings.map(({ text }) =>
    text.replace(/^#+ /, "").trim().toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")));
}

/** @param {string} file @param {string} link @returns {boolean} */
function leads_somewhere(file, link) {
  const [path, anchor] = link.split("#");
  const target = path === "" ? file : join(dirname(file), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || (statSync(target).isFile() && anchors(target).has(anchor));
}

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { encoding: "utf8" })
  .split("\n").filter((file) => file !== "" && existsSync(file) && !GENERATES.includes(file));
// A link's text may span two lines, so this searches for its end: "](target)".
const broken = files.flatMap((file) => prose(file).flatMap(({ number, text }) =>
  [...text.replaceAll(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link)
    .filter((link) => !/^[a-z]+:/.test(link) && !leads_somewhere(file, link))
    .map((link) => `  ${relative(".", file)}:${number}: ${link}`)));
if (broken.length > 0) {
  console.log(`${broken.join("\n")}\nlint: links in Markdown that lead nowhere`);
  process.exit(1);
}
