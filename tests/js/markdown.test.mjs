import assert from "node:assert/strict";
import { test } from "node:test";

import "./support/vendor.mjs";
import { given } from "./support/fake_purify.mjs";

const { render_markdown } = await import("../../static/js/app/markdown.js");

/** @param {string} text */
const html = (text) => {
  render_markdown(text);
  return given.html.trim();
};

test("HTML in a task is shown as text", () => {
  assert.equal(html("leave <b>no markup</b>"), "<p>leave &#60;b&#62;no markup&#60;/b&#62;</p>");
  assert.equal(html('<script>alert("&")</script>'), '&#60;script&#62;alert("&#38;")&#60;/script&#62;');
});

test("headings are below those of the page, without a hole, and at most h6", () => {
  const levels = (/** @type {string} */ text) => [...html(text).matchAll(/<h(\d)>/g)].map(([, level]) => Number(level));
  assert.equal(html("# One"), "<h3>One</h3>");
  assert.equal(html("## *Two*"), "<h3><em>Two</em></h3>");
  assert.deepEqual(levels("## a\n\n### b\n\n##### c\n\n### d\n\n## e\n\n# f\n\n> ### g"), [3, 4, 5, 4, 3, 3, 4]);
  assert.deepEqual(levels("# 1\n## 2\n### 3\n#### 4\n##### 5\n###### 6"), [3, 4, 5, 6, 6, 6]);
});

test("line breaks are kept", () => {
  assert.equal(html("one\ntwo"), "<p>one<br>two</p>");
});

test("a task list keeps its boxes, as text", () => {
  assert.match(html("- [ ] one\n- [x] two"), /<li>☐ one<\/li>\s*<li>☑ two<\/li>/);
});

test("no tag or attribute passes that loads or runs something", () => {
  render_markdown("x");
  const { ALLOWED_TAGS, ALLOWED_ATTR } = given.options;
  for (const tag of ["picture", "source", "script", "style", "iframe", "svg", "form", "input", "video"]) assert.ok(!ALLOWED_TAGS.includes(tag), tag);
  // render_markdown() removes each img that is not a picture of the study.
  assert.deepEqual(ALLOWED_ATTR, ["href", "title", "start", "src", "alt"]);
});

/** @param {string} text @returns {string[]} The addresses that images get. */
const pictures = (text) => [.../** @type {any} */ (render_markdown(text)).querySelectorAll("img")].map((picture) => picture.getAttribute("src"));

test("pictures of the study are shown from below the base path", () => {
  const base = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
  const address = `study/${"0123456789abcdef".repeat(2)}/a%20map.png`;
  assert.deepEqual(pictures(`![A map](${address} "Title")`), [`${base}/${address}`]);
  assert.deepEqual(pictures(`![A map][m]\n\n[m]: ${address}`), [`${base}/${address}`]);
  for (const ending of ["png", "jpg", "jpeg", "webp", "gif", "PNG"]) {
    assert.equal(pictures(`![A map](study/${"a".repeat(32)}/x.${ending})`).length, 1, ending);
  }
});

test("nothing else becomes a picture", () => {
  const hash = "a".repeat(32);
  for (const address of [
    "https://example.org/a.png",
    "//example.org/a.png",
    `https://example.org/study/${hash}/a.png`,
    `/study/${hash}/a.png`,
    `./study/${hash}/a.png`,
    `study/${hash}/../../a.png`,
    `study/${hash}/../a.png`,
    `study/${hash}/a/b.png`,
    `study/${hash.slice(1)}/a.png`,
    `study/${hash}a/a.png`,
    `study/${hash.replace("a", "g")}/a.png`,
    `study/${hash}/a.svg`,
    `study/${hash}/.png?x`,
    `study/${hash}/a.png?x`,
    `study/${hash}/a.png#x`,
    `study/${hash}/a.png%0A/`,
    `study/${hash}/`,
    "a.png",
    "static/images/icon.svg",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "",
  ]) {
    assert.deepEqual(pictures(`![A map](<${address}>)`), [], address);
  }
  assert.deepEqual(pictures(`<img src="study/${hash}/a.png">`), [], "HTML is text");
  assert.deepEqual(pictures(`\`![A map](study/${hash}/a.png)\``), [], "code");
});

test("links open in a new tab, without opener and referrer", () => {
  const fragment = /** @type {any} */ (render_markdown("[one](https://example.org/) and [two](https://example.org/2)"));
  const links = fragment.querySelectorAll("a");
  assert.deepEqual(links.map((/** @type {HTMLAnchorElement} */ { target, rel }) => [target, rel]), [["_blank", "noopener noreferrer"], ["_blank", "noopener noreferrer"]]);
});
