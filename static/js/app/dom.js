/**
 * @param {string} tag
 * @param {Record<string, string | boolean | (() => void)>} [properties] Text and attributes; `on_click` is called on a click.
 * @param {...(Node | string)} children Strings become text, never markup.
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener("click", () => value());
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** An element that is in index.html. @param {string} id @returns {HTMLElement} */
export function find(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no element with the id ${id}`);
  return found;
}

/** @param {string} text @param {() => void} on_click @returns {HTMLButtonElement} */
export function button(text, on_click, name = "") {
  return /** @type {HTMLButtonElement} */ (element("button", { type: "button", class: name, on_click }, text));
}
