import { check_tree } from "./check_tree.js";
import { element, find } from "./dom.js";
import { difference_in_words, progress_in_words, STATUS_WORDS } from "./words.js";

/** @import { OutputAnnouncer } from "./announcer.js" */
/** @import { Progress } from "../core/protocol.js" */
/** @import { CheckNode } from "./check_tree.js" */

const SHOWN_DETAILS = 60;

/**
 * What the last check saw: the names in the home directory as a tree, or the lines of the output, each right, extra or
 * wrong. Of what is missing only the number is known here, so that no answer is given away.
 */
export class CheckView {
  #section = find("check");
  #summary = find("check_summary");
  #details = find("progress");
  #announcer;

  /** @param {OutputAnnouncer} announcer */
  constructor(announcer) {
    this.#announcer = announcer;
  }

  /** The last check in one sentence, or nothing. */
  get in_words() {
    return this.#summary.textContent ?? "";
  }

  /** @param {Progress} progress */
  show(progress) {
    this.#section.hidden = false;
    const summary = progress_in_words(progress);
    if (this.#summary.textContent !== summary) {
      this.#summary.textContent = summary;
      this.#announcer.announce(`Last check: ${summary}.`);
    }
    const details = (progress.detail ?? []).filter(({ status }) => status in STATUS_WORDS);
    const shown = details.slice(0, SHOWN_DETAILS);
    const names = shown.filter(({ path }) => path !== undefined);
    const lines = shown.filter(({ line }) => line !== undefined);
    this.#details.replaceChildren(
      ...(names.length === 0 ? [] : [branch(check_tree(names))]),
      ...(lines.length === 0 ? [] : [element("ol", { class: "lines" }, ...lines.map(({ line, status }) => entry(line ?? "", status)))]),
    );
    if (details.length > shown.length) this.#details.append(element("p", {}, `and ${details.length - shown.length} more`));
  }

  clear() {
    this.#section.hidden = true;
    this.#announcer.cancel();
    this.#summary.textContent = "";
    this.#details.replaceChildren();
  }
}

/** @param {CheckNode[]} nodes @returns {HTMLElement} */
function branch(nodes) {
  const items = nodes.map(({ name, status, differs, children }) => {
    const item = entry(children.length === 0 ? name : `${name}/`, status, differs);
    if (children.length > 0) item.append(branch(children));
    return item;
  });
  return element("ul", { class: "tree" }, ...items);
}

/** @param {string} text @param {string} status @param {string[]} [differs] @returns {HTMLElement} */
function entry(text, status, differs = []) {
  const name = element("code", { translate: "no" }, text);
  if (!(status in STATUS_WORDS)) return element("li", {}, name);
  const words = differs.length === 0 ? STATUS_WORDS[status] : `${STATUS_WORDS[status]}: ${differs.map(difference_in_words).join(", ")}`;
  return element("li", { "data-status": status }, name, " ", element("span", { class: "status" }, words));
}
