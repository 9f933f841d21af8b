/**
 * @param {string} tag
 * @param {Record<string, string | boolean>} [properties] Attributes. Booleans set or omit the attribute.
 * @param {...(Node | string)} children Strings become text nodes, never markup.
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "boolean") made.toggleAttribute(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A decorative picture. Its address is relative to this script, so it has the content hash. @param {string} name In images/. */
export function picture_of(name, group = "") {
  return element("img", { class: group, src: new URL(`../../images/${name}.svg`, import.meta.url).href, alt: "" });
}

/** An element of index.html. @param {string} id @returns {HTMLElement} */
export function find(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no element with the id ${id}`);
  return found;
}

/** @param {string} text @param {() => void} on_press @returns {HTMLElement} */
export function button(text, on_press, name = "") {
  const made = element("button", { type: "button", class: name }, text);
  when_pressed(made, on_press);
  return made;
}

/** @param {HTMLElement} button @param {() => void} action Not called while the button is disabled. */
export function when_pressed(button, action) {
  button.addEventListener("click", () => {
    if (is_usable(button)) action();
  });
}

/** @param {HTMLElement} button */
export function is_usable(button) {
  return button.getAttribute("aria-disabled") !== "true";
}

/** Uses aria-disabled: a button with the attribute `disabled` would lose the focus. @param {HTMLElement} button @param {boolean} is_usable */
export function set_usable(button, is_usable) {
  button.setAttribute("aria-disabled", String(!is_usable));
}
