import { Marked } from "../../vendor/marked.mjs";
import DOMPurify from "../../vendor/purify.mjs";
import { copy_text } from "./clipboard.js";
import { button, element } from "./dom.js";

/** Headings of a text stand below those of the page. */
const TOP_HEADING = 3;

/** Code within a line, or a word of it, that stays in one piece, in characters: a hyphen that ends a line reads as another option. */
const SHORT_CODE = 30;

/** What the boxes of a task list become: pictures, as an input would be something to use. */
const BOXES = { ticked: "☑", empty: "☐" };
const BOX = /^\s*([☐☑])\s*/;

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // HTML in a task is text that a participant should see, not markup.
    html: ({ text }) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`),
    checkbox: ({ checked }) => (checked ? BOXES.ticked : BOXES.empty),
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + TOP_HEADING - 1);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
  },
});

const ALLOWED = {
  ALLOWED_TAGS: [
    ..."p br hr h3 h4 h5 h6 strong em del code pre blockquote ul ol li a table thead tbody tr th td".split(" "),
  ],
  ALLOWED_ATTR: ["href", "title", "start"],
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

/**
 * @param {string} text Markdown, as researchers write it in config.json.
 * @returns {DocumentFragment} Nothing in it runs, and nothing of it is loaded; links open in a tab of their own. What is wider
 * than its place scrolls sideways, and blocks of code can be copied.
 */
export function render_markdown(text) {
  const fragment = DOMPurify.sanitize(/** @type {string} */ (marked.parse(text)), ALLOWED);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  // A browser that translates the page would change what is to be typed.
  for (const code of fragment.querySelectorAll("code, pre")) code.setAttribute("translate", "no");
  for (const code of fragment.querySelectorAll("code")) {
    if (code.closest("pre") === null) keep_together(code);
  }
  for (const item of fragment.querySelectorAll("li")) {
    const text = document.createNodeIterator(item, NodeFilter.SHOW_TEXT).nextNode();
    const [all, box] = BOX.exec(text?.nodeValue ?? "") ?? [];
    if (text === null || all === undefined) continue;
    text.nodeValue = (text.nodeValue ?? "").slice(all.length);
    item.dataset.box = box;
  }
  for (const table of fragment.querySelectorAll("table")) {
    reach_by_keys(put_into(element("div", { class: "table", role: "group", "aria-label": "Table" }), table));
  }
  for (const block of fragment.querySelectorAll("pre")) {
    put_into(element("div", { class: "code" }), block).append(copy_button(block));
    reach_by_keys(block);
  }
  return fragment;
}

/** @param {HTMLElement} code */
function keep_together(code) {
  const text = code.textContent ?? "";
  if (text.length <= SHORT_CODE) {
    code.classList.add("short");
    return;
  }
  const words = text.split(/( +)/);
  code.replaceChildren(...words.map((word) => (word.length <= SHORT_CODE && !word.startsWith(" ") ? element("span", { class: "short" }, word) : word)));
}

/** What scrolls sideways is a stop of the Tab key, and only while it does. @param {HTMLElement} scroller */
function reach_by_keys(scroller) {
  new ResizeObserver(() => {
    if (scroller.scrollWidth > scroller.clientWidth) scroller.tabIndex = 0;
    else scroller.removeAttribute("tabindex");
  }).observe(scroller);
}

/** @param {HTMLElement} wrapping @param {Element} inner */
function put_into(wrapping, inner) {
  inner.replaceWith(wrapping);
  wrapping.append(inner);
  return wrapping;
}

/** @param {HTMLElement} block @returns {HTMLElement} */
function copy_button(block) {
  const made = button("Copy", () => void copy(), "copy");

  async function copy() {
    const is_copied = await copy_text((block.textContent ?? "").replace(/\n$/, ""));
    made.textContent = is_copied ? "Copied" : "Copying failed";
    setTimeout(() => (made.textContent = "Copy"), 2000);
  }

  return made;
}
