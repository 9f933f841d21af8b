import { check_tree } from "./check_tree.js";
import { element, find } from "./dom.js";
import { difference_in_words, progress_in_words, STATUS_WORDS } from "./words.js";

/** @import { OutputAnnouncer } from "./announcer.js" */
/** @import { Progress, ProgressDetail } from "../core/protocol.js" */
/** @import { CheckNode } from "./check_tree.js" */

const MAX_SHOWN_DETAILS = 60;

/**
 * The result of the last check: one sentence, and collapsed lists of names or lines. How much the server sends depends on the
 * task's `feedback`.
 */
export class CheckView {
  #section = find("check");
  #summary = find("check_summary");
  #wrong = new CollapsibleList("check_wrong");
  #missing = new CollapsibleList("check_missing");
  #right = new CollapsibleList("check_right");
  #announcer;

  /** @param {OutputAnnouncer} announcer */
  constructor(announcer) {
    this.#announcer = announcer;
  }

  /** The last check in one sentence; empty if there is none. */
  get in_words() {
    return this.#summary.textContent ?? "";
  }

  /** @param {Progress} progress @param {string} task_type */
  show(progress, task_type) {
    const summary = progress_in_words(progress, task_type);
    if (summary === "") return this.clear();
    this.#section.hidden = false;
    if (this.#summary.textContent !== summary) {
      this.#summary.textContent = summary;
      this.#announcer.announce(`Last check: ${summary}`);
    }
    const details = (progress.detail ?? []).filter(({ status }) => status in STATUS_WORDS);
    const lines = details.filter(({ line }) => line !== undefined);
    const names = details.filter(({ path }) => path !== undefined);
    const right = names.filter(({ status }) => status === "matched");
    const wrong = names.filter(({ status }) => status !== "matched");
    const missing = lines.filter(({ status }) => status === "missing");
    const printed = lines.filter(({ status }) => status !== "missing");
    if (lines.length > 0) this.#wrong.show("Output of your command", line_list(printed), printed.length);
    else this.#wrong.show("Still to fix", tree(wrong), wrong.length);
    this.#missing.show(`Missing lines: ${missing.length}`, line_list(missing), missing.length);
    this.#right.show(`Done: ${right.length}`, tree(right), right.length);
  }

  clear() {
    this.#section.hidden = true;
    this.#announcer.cancel();
    this.#summary.textContent = "";
    this.#wrong.show("", null, 0);
    this.#missing.show("", null, 0);
    this.#right.show("", null, 0);
  }
}

/** A collapsible list. It stays open when the next check replaces its content. */
class CollapsibleList {
  #details;
  #summary = element("summary");
  #list = element("div");

  /** @param {string} id */
  constructor(id) {
    this.#details = find(id);
    this.#details.replaceChildren(this.#summary, this.#list);
  }

  /** @param {string} summary @param {HTMLElement | null} list @param {number} count Number of all entries; the list shows at most MAX_SHOWN_DETAILS. */
  show(summary, list, count) {
    this.#details.hidden = count === 0;
    this.#summary.textContent = summary;
    this.#list.replaceChildren(...(list === null ? [] : [list]));
    if (count > MAX_SHOWN_DETAILS) this.#list.append(element("p", {}, `and ${count - MAX_SHOWN_DETAILS} more`));
  }
}

/** @param {ProgressDetail[]} names @returns {HTMLElement} */
function tree(names) {
  return branch(check_tree(names.slice(0, MAX_SHOWN_DETAILS)));
}

/** Lines that are not in the answer are allowed. @param {ProgressDetail[]} lines @returns {HTMLElement} */
function line_list(lines) {
  const items = lines.slice(0, MAX_SHOWN_DETAILS).map(({ line, status }) => entry(line ?? "", status === "extra" ? "" : status));
  return element("ol", { class: "lines" }, ...items);
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
  const words = differs.length === 0 ? STATUS_WORDS[status] : differs.map(difference_in_words).join(", ");
  return element("li", { "data-status": status }, name, " ", element("span", { class: "status" }, words));
}
