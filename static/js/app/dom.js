/**
 * @param {string} tag
 * @param {Record<string, string | boolean>} [properties] Attributes; one that is true or false is there or not.
 * @param {...(Node | string)} children Strings become text, never markup.
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

/** A picture that says nothing beside the words. It is found from this script, so its address changes with its content. @param {string} name In images/. */
export function picture_of(name, group = "") {
  return element("img", { class: group, src: new URL(`../../images/${name}.svg`, import.meta.url).href, alt: "" });
}

/** An element that is in index.html. @param {string} id @returns {HTMLElement} */
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

/** @param {HTMLElement} button @param {() => void} action Not called while the button is out of use. */
export function when_pressed(button, action) {
  button.addEventListener("click", () => {
    if (is_usable(button)) action();
  });
}

/** @param {HTMLElement} button */
export function is_usable(button) {
  return button.getAttribute("aria-disabled") !== "true";
}

/** Unlike one that is `disabled`, a button out of use keeps the focus where it has it. @param {HTMLElement} button @param {boolean} is_usable */
export function set_usable(button, is_usable) {
  button.setAttribute("aria-disabled", String(!is_usable));
}
