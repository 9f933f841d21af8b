/** As much of a document as the page's parts need, for tests without a browser. Imported before what looks for elements. */

class FakeElement {
  hidden = false;
  className = "";
  /** @type {Record<string, string>} */
  dataset = {};
  /** @type {Record<string, string>} */
  attributes = {};
  /** @type {(FakeElement | string)[]} */
  children = [];
  /** What a text was replaced with, one after another. @type {string[]} */
  texts = [];

  /** @param {string} tag */
  constructor(tag) {
    this.tag = tag;
  }

  /** @returns {string} */
  get textContent() {
    return this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join("");
  }

  set textContent(text) {
    this.texts.push(text);
    this.children = [text];
  }

  /** @param {...(FakeElement | string)} children */
  replaceChildren(...children) {
    this.children = children;
  }

  /** @param {...(FakeElement | string)} children */
  append(...children) {
    this.children.push(...children);
  }

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    if (name.startsWith("data-")) this.dataset[name.slice(5)] = value;
    else this.attributes[name] = value;
  }

  /** All below it, itself included, with that tag. @param {string} tag @returns {FakeElement[]} */
  all(tag) {
    const below = this.children.flatMap((child) => (typeof child === "string" ? [] : child.all(tag)));
    return this.tag === tag ? [this, ...below] : below;
  }
}

/** @type {Map<string, FakeElement>} */
const elements = new Map();

/** The element that index.html has. @param {string} id @returns {FakeElement} */
export function part(id) {
  const known = elements.get(id) ?? new FakeElement("div");
  elements.set(id, known);
  return known;
}

export const body = new FakeElement("body");

Object.assign(globalThis, {
  document: {
    body,
    createElement: (/** @type {string} */ tag) => new FakeElement(tag),
    getElementById: part,
    querySelector: () => null,
  },
});
