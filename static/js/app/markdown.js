import { Marked } from "../../vendor/marked.mjs";
import DOMPurify from "../../vendor/purify.mjs";

/** Headings of a text stand below those of the page. */
const TOP_HEADING = 3;

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // HTML in a task is text that a participant should see, not markup.
    html: ({ text }) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`),
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
 * @returns {DocumentFragment} Nothing in it runs, and nothing of it is loaded; links open in a tab of their own.
 */
export function render_markdown(text) {
  const fragment = DOMPurify.sanitize(/** @type {string} */ (marked.parse(text)), ALLOWED);
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  // A browser that translates the page would change what is to be typed.
  for (const code of fragment.querySelectorAll("code, pre")) code.setAttribute("translate", "no");
  return fragment;
}
