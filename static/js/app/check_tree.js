/** @import { ProgressDetail } from "../core/protocol.js" */

/**
 * @typedef {object} CheckNode An entry of the home directory, or a folder on the path to one.
 * @property {string} name
 * @property {string} status Empty if the check does not report it.
 * @property {string[]} differs
 * @property {CheckNode[]} children Sorted by name.
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
