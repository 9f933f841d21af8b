/** @import { ProgressDetail } from "../core/protocol.js" */

/**
 * @typedef {object} CheckNode A name in the home directory, or what leads to one.
 * @property {string} name
 * @property {string} status Empty where the check says nothing of it.
 * @property {string[]} differs
 * @property {CheckNode[]} children In order of their names.
 */

/** @param {ProgressDetail[]} details With paths. @returns {CheckNode[]} */
export function check_tree(details) {
  const root = node("");
  for (const { path, status, differs = [] } of details) {
    let place = root;
    for (const name of (path ?? "").split("/").filter((part) => part !== "")) place = child(place, name);
    Object.assign(place, { status, differs });
  }
  return root.children;
}

/** @param {CheckNode} parent @param {string} name @returns {CheckNode} */
function child(parent, name) {
  let index = parent.children.findIndex((other) => other.name >= name);
  if (index === -1) index = parent.children.length;
  if (parent.children[index]?.name !== name) parent.children.splice(index, 0, node(name));
  return parent.children[index];
}

/** @param {string} name @returns {CheckNode} */
function node(name) {
  return { name, status: "", differs: [], children: [] };
}
