/** A minimal document for tests without a browser. Import it before modules that look up elements. */

class FakeElement extends EventTarget {
  hidden = false;
  className = "";
  scrollTop = 0;
  /** Value of a field. */
  value = "";
  is_selected = false;
  /** Whether a dialog is open. */
  open = false;
  /** @type {Record<string, string>} */
  dataset = {};
  /** @type {Record<string, string>} */
  attributes = {};
  /** @type {(FakeElement | string)[]} */
  children = [];
  /** All texts that were set, in order. @type {string[]} */
  texts = [];

  /** @param {string} tag */
  constructor(tag) {
    super();
    this.tag = tag;
  }

  get id() {
    return this.attributes.id ?? "";
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
    const loses_focus = focused !== this && this.contains(focused);
    this.children = children;
    if (loses_focus) focused = body;
  }

  /** @param {...(FakeElement | string)} children */
  append(...children) {
    this.children.push(...children);
  }

  /** @param {string} name @param {string} value */
  setAttribute(name, value) {
    if (name.startsWith("data-")) this.dataset[name.slice(5)] = value;
    else this.attributes[name] = value;
    if (name === "class") this.className = value;
  }

  /** @param {string} name */
  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  /** @param {string} name @param {boolean} is_there */
  toggleAttribute(name, is_there) {
    if (name === "hidden") this.hidden = is_there;
    else if (is_there) this.setAttribute(name, "");
    else delete this.attributes[name];
  }

  /** @param {string} name */
  removeAttribute(name) {
    this.toggleAttribute(name, false);
  }

  scrollIntoView() {}

  focus() {
    focused = this;
  }

  select() {
    this.is_selected = true;
  }

  click() {
    this.dispatchEvent(new Event("click"));
  }

  showModal() {
    if (this.open) throw new Error("the dialog is open");
    this.open = true;
  }

  close() {
    if (!this.open) return;
    this.open = false;
    queueMicrotask(() => this.dispatchEvent(new Event("close")));
  }

  /** Like Escape in a browser. @returns {boolean} Whether the dialog closes. */
  escape() {
    const closes = this.dispatchEvent(new Event("cancel", { cancelable: true }));
    if (closes) this.close();
    return closes;
  }

  /** @param {FakeElement | null} other @returns {boolean} */
  contains(other) {
    return other === this || this.children.some((child) => typeof child !== "string" && child.contains(other));
  }

  /** @param {string} tag */
  querySelector(tag) {
    return this.all(tag)[0] ?? null;
  }

  /** All elements with that tag in this subtree. @param {string} tag @returns {FakeElement[]} */
  all(tag) {
    const below = this.children.flatMap((child) => (typeof child === "string" ? [] : child.all(tag)));
    return this.tag === tag ? [this, ...below] : below;
  }

  /** @param {string} text @returns {FakeElement} */
  button(text) {
    const found = this.all("button").find(({ textContent }) => textContent === text);
    if (found === undefined) throw new Error(`there is no button ${text} in: ${this.textContent}`);
    return found;
  }
}

/** @type {Map<string, FakeElement>} */
const elements = new Map();

/** The element of index.html with this id. @param {string} id @returns {FakeElement} */
export function part(id) {
  const known = elements.get(id) ?? new FakeElement("div");
  known.attributes.id = id;
  elements.set(id, known);
  return known;
}

export const body = new FakeElement("body");

/** @type {FakeElement} */
let focused = body;

/** The focused element. */
export const active = () => focused;

export const page = Object.assign(new EventTarget(), {
  body,
  title: "",
  fullscreenEnabled: true,
  visibilityState: "visible",
  has_focus: true,
  hasFocus: () => page.has_focus,
  createElement: (/** @type {string} */ tag) => new FakeElement(tag),
  getElementById: part,
  /** Supports the announcers of open dialogs only. */
  querySelectorAll: () => [...elements.values()].filter(({ open }) => open).flatMap((dialog) => dialog.all("p").filter(({ className }) => className === "announcer")),
});
Object.defineProperty(page, "activeElement", { get: () => focused });

/** Has a property `keyboard` in some browsers. @type {{keyboard?: object}} */
export const browser = {};

Object.assign(globalThis, { document: page });
Object.defineProperty(globalThis, "navigator", { configurable: true, value: browser });
