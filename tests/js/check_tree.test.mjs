import assert from "node:assert/strict";
import { test } from "node:test";

import { check_tree } from "../../static/js/app/check_tree.js";

/** @param {import("../../static/js/app/check_tree.js").CheckNode[]} nodes @param {string} [indent] @returns {string[]} */
const drawn = (nodes, indent = "") =>
  nodes.flatMap(({ name, status, differs, children }) => [
    `${indent}${name} ${status}${differs.length === 0 ? "" : ` (${differs})`}`.trimEnd(),
    ...drawn(children, `${indent}  `),
  ]);

test("paths become a tree, sorted by name, with the status of each", () => {
  const tree = check_tree([
    { path: "b", status: "extra" },
    { path: "a/deep/x", status: "incorrect", differs: ["content", "mode"] },
    { path: "a", status: "matched" },
    { path: "a/y", status: "matched" },
  ]);
  assert.deepEqual(drawn(tree), ["a matched", "  deep", "    x incorrect (content,mode)", "  y matched", "b extra"]);
});

test("names that look like properties of an object are names", () => {
  assert.deepEqual(drawn(check_tree([{ path: "__proto__/constructor", status: "extra" }])), ["__proto__", "  constructor extra"]);
});
