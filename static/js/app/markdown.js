import { Marked } from "../../vendor/marked.mjs";
import DOMPurify from "../../vendor/purify.mjs";
import { base_path } from "../core/api.js";
import { copy_button } from "./clipboard.js";
import { element } from "./dom.js";

/** Level of the top headings in a text, below those of the page. */
const TOP_HEADING = 3;

/** In characters. Shorter inline code, or a shorter word of it, is not broken over lines: broken at a hyphen, an option would look like another one. */
const SHORT_CODE = 30;

/** Boxes of a task list. They are characters, because an input element would look usable. */
const BOXES = { ticked: "☑", empty: "☐" };
const BOX = /^\s*([☐☑])\s*/;

/** The address of a picture in a text, below the server's base path. The server writes it; texts cannot name others. */
const PICTURE = /^study\/[0-9a-f]{32}\/[\w.~%-]+\.(?:png|jpe?g|webp|gif)$/i;

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // Shows HTML in a task as text.
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
    ..."p br hr h3 h4 h5 h6 strong em del code pre blockquote ul ol li a img table thead tbody tr th td".split(" "),
  ],
  ALLOWED_ATTR: ["href", "title", "start", "src", "alt"],
  RETURN_DOM_FRAGMENT: /** @type {const} */ (true),
};

/**
 * @param {string} text Markdown, as researchers write it in config.json.
 * @returns {DocumentFragment} Without scripts and external resources; the only pictures are those of the study. Links open in a new tab. Wide tables and code blocks scroll
 * sideways, and code blocks have a copy button.
 */
export function render_markdown(text) {
  const tokens = marked.lexer(text);
  nest_headings(tokens);
  return finish(marked.parser(tokens));
}

/**
 * Gives headings the depths 1, 2 and so on without a hole, whichever depth they begin with: a screen reader's user would look for the
 * headings between.
 * @param {import("marked").TokensList} tokens
 */
function nest_headings(tokens) {
  /** Depths, as written, of the headings around. @type {number[]} */
  const around = [];
  marked.walkTokens(tokens, (token) => {
    if (token.type !== "heading") return;
    while (around.length > 0 && around[around.length - 1] >= token.depth) around.pop();
    around.push(token.depth);
    token.depth = around.length;
  });
}

/** @param {string} text Markdown of one line, for a label. @returns {DocumentFragment} Without paragraphs and other blocks. */
export function render_inline_markdown(text) {
  return finish(/** @type {string} */ (marked.parseInline(text)));
}

/** @param {string} html Not trusted. */
function finish(html) {
  const fragment = DOMPurify.sanitize(html, ALLOWED);
  for (const picture of fragment.querySelectorAll("img")) {
    const address = picture.getAttribute("src") ?? "";
    if (PICTURE.test(address)) picture.setAttribute("src", `${base_path(import.meta.url)}/${address}`);
    else picture.remove();
  }
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  // The browser's translation must not change commands.
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
    make_focusable_while_scrolling(wrap(element("div", { class: "table", role: "group", "aria-label": "Table" }), table));
  }
  for (const block of fragment.querySelectorAll("pre")) make_copyable(block);
  return fragment;
}

/** @param {string} text Markdown. @returns {HTMLElement} */
export function markdown_box(text) {
  const place = element("div", { class: "markdown" });
  place.append(render_markdown(text));
  return place;
}

/** @param {string} text @returns {HTMLElement} It looks like a code block in Markdown. */
export function code_box(text) {
  const block = element("pre", { translate: "no" }, element("code", {}, text));
  const place = element("div", { class: "markdown" }, block);
  make_copyable(block);
  return place;
}

/** @param {HTMLElement} block */
function make_copyable(block) {
  wrap(element("div", { class: "code" }), block).append(copy_button(() => (block.textContent ?? "").replace(/\n$/, "")));
  make_focusable_while_scrolling(block);
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

/** Makes an element focusable with Tab while it scrolls sideways. @param {HTMLElement} scroller */
function make_focusable_while_scrolling(scroller) {
  new ResizeObserver(() => {
    if (scroller.scrollWidth > scroller.clientWidth) scroller.tabIndex = 0;
    else scroller.removeAttribute("tabindex");
  }).observe(scroller);
}

/** @param {HTMLElement} wrapping @param {Element} inner */
function wrap(wrapping, inner) {
  inner.replaceWith(wrapping);
  wrapping.append(inner);
  return wrapping;
}
