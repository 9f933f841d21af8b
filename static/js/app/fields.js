import { element } from "./dom.js";
import { render_inline_markdown, render_markdown } from "./markdown.js";

/** @import { FormField as FieldOfServer } from "../core/protocol.js" */

/**
 * @typedef {FieldOfServer & {has_markdown?: boolean}} FormField `has_markdown`: of a `confirm`: its label is Markdown.
 */

/**
 * One question of a form, with its controls, its help and its error.
 * @typedef {object} FieldView
 * @property {FormField} field
 * @property {HTMLElement} place
 * @property {() => string} name What the question is called in the list of errors.
 * @property {HTMLElement} target Takes the focus from the list of errors.
 * @property {() => unknown} read The answer; null without one.
 * @property {() => string} fault Why the answer cannot be sent; empty if it can.
 * @property {(message: string) => void} mark Shows an error; an empty one removes it.
 */

/**
 * @typedef {object} Controls
 * @property {HTMLElement} target
 * @property {HTMLElement[]} parts
 * @property {HTMLElement[]} marked Get `aria-invalid`.
 * @property {() => unknown} read
 * @property {() => string} [fault]
 */

/** In characters. */
const MAX_TEXT = 500;
const MAX_PARAGRAPH = 5000;

/** Rejects what could be a thousand with its separator: 1,000. */
const NUMBER = /^[-+]?\d+(?:\.\d+|,\d{1,2})?$/;

/** How the controls of each type are made. @type {Record<string, (field: FormField, id: string, value: unknown) => Controls>} */
const MAKERS = { text, paragraph, number, choice, choices, scale, matrix, confirm };

/** Types with one control, which a label names. The others are a group with a legend. */
const SINGLE = ["text", "paragraph", "number"];

/** @param {FormField} field Of an unknown type: like `text`. @param {string} id Unique in the page. @param {unknown} value The answer so far. @returns {FieldView} */
export function make_field(field, id, value) {
  const is_known = Object.hasOwn(MAKERS, field.type);
  const is_single = !is_known || SINGLE.includes(field.type);
  const { target, parts, marked, read, fault = () => "" } = (is_known ? MAKERS[field.type] : text)(field, id, value);
  const error = element("p", { class: "field_error", id: `${id}_error`, hidden: true });
  const help = help_of(field, id);
  const name = [field.type === "confirm" ? "" : field.label, ...(field.required && field.type !== "confirm" ? [" ", element("span", { class: "needed" }, "(required)")] : [])];
  const heading = is_single ? element("label", { for: id, class: "label" }, ...name) : element("legend", { id: `${id}_name` }, ...name);
  const place = is_single
    ? element("div", { class: "field" }, heading, ...help, error, ...parts)
    : field.type === "confirm"
      ? element("div", { class: "field" }, ...help, error, ...parts)
      : element("fieldset", { class: `field ${field.type}` }, heading, ...help, error, ...parts);
  const described = is_single || field.type === "confirm" ? target : place;
  const is_radio_group = ["choice", "scale"].includes(field.type);
  if (is_radio_group) {
    place.setAttribute("role", "radiogroup");
    place.setAttribute("aria-labelledby", `${id}_name`);
  }
  if (field.required && (described === target || is_radio_group)) described.setAttribute("aria-required", "true");
  const help_ids = help.map((part) => part.id);

  /** @param {string} message */
  function mark(message) {
    error.textContent = message;
    error.hidden = message === "";
    place.toggleAttribute("data-wrong", message !== "");
    const ids = message === "" ? help_ids : [...help_ids, error.id];
    if (ids.length === 0) described.removeAttribute("aria-describedby");
    else described.setAttribute("aria-describedby", ids.join(" "));
    for (const control of is_radio_group ? [place] : marked) {
      if (message === "") control.removeAttribute("aria-invalid");
      else control.setAttribute("aria-invalid", "true");
    }
  }

  const name_of = () => (field.has_markdown ? (target.closest("label")?.textContent ?? "") : field.label);
  mark("");
  return { field, name: name_of, place, target, read, fault, mark };
}

/** The researcher's help, and what the type expects. @param {FormField} field @param {string} id @returns {HTMLElement[]} */
function help_of({ type, help, at_least, at_most, from_label, to_label, from, to }, id) {
  const parts = [];
  if (help) {
    const place = element("div", { class: "help markdown", id: `${id}_help` });
    place.append(render_markdown(help));
    parts.push(place);
  }
  const range = type === "number" ? range_in_words(at_least, at_most) : "";
  if (range !== "") parts.push(element("p", { class: "help", id: `${id}_range` }, range));
  if ((type === "scale" || type === "matrix") && (from_label || to_label)) {
    const end = (/** @type {number | undefined} */ number, /** @type {string | undefined} */ label) => (label ? [element("span", {}, `${number}: ${label}`)] : []);
    parts.push(element("p", { class: "help ends", id: `${id}_ends` }, ...end(from, from_label), " ", ...end(to, to_label)));
  }
  return parts;
}

/** @param {number} [at_least] @param {number} [at_most] */
function range_in_words(at_least, at_most) {
  if (at_least !== undefined && at_most !== undefined) return `From ${at_least} to ${at_most}.`;
  if (at_least !== undefined) return `At least ${at_least}.`;
  return at_most === undefined ? "" : `At most ${at_most}.`;
}

/** @param {FormField} field @param {string} id @param {unknown} value @returns {Controls} */
function text(field, id, value) {
  const input = /** @type {HTMLInputElement} */ (element("input", { id, name: field.name, type: "text", maxlength: String(MAX_TEXT), autocomplete: "off" }));
  input.value = typeof value === "string" ? value : "";
  return { target: input, parts: [input], marked: [input], read: () => input.value || null };
}

/** @param {FormField} field @param {string} id @param {unknown} value @returns {Controls} */
function paragraph(field, id, value) {
  const input = /** @type {HTMLTextAreaElement} */ (element("textarea", { id, name: field.name, rows: "5", maxlength: String(MAX_PARAGRAPH) }));
  input.value = typeof value === "string" ? value : "";
  return { target: input, parts: [input], marked: [input], read: () => input.value || null };
}

/** A text field: a browser's number field changes by the mouse wheel, and hides what it does not understand. @param {FormField} field @param {string} id @param {unknown} value @returns {Controls} */
function number(field, id, value) {
  const mode = field.whole ? "numeric" : "decimal";
  const input = /** @type {HTMLInputElement} */ (element("input", { id, name: field.name, type: "text", inputmode: mode, autocomplete: "off", class: "number" }));
  input.value = typeof value === "number" ? String(value) : "";
  const fault = () => (input.value.trim() === "" || NUMBER.test(input.value.trim()) ? "" : `Enter a number, such as ${field.whole ? "4" : "4 or 2.5"}.`);
  const read = () => (input.value.trim() === "" || fault() !== "" ? null : Number(input.value.trim().replace(",", ".")));
  return { target: input, parts: [input], marked: [input], read, fault };
}

/** @param {FormField} field @param {string} id @param {unknown} value @returns {Controls} */
function choice({ name, options = [], required }, id, value) {
  const radios = options.map((option, index) => tick_box("radio", name, `${id}_${index}`, option, option === value));
  return radio_group(radios, required === true, (input) => input.value);
}

/** @param {FormField} field @param {string} id @param {unknown} value @returns {Controls} */
function choices({ name, options = [] }, id, value) {
  const given = Array.isArray(value) ? value : [];
  const boxes = options.map((option, index) => tick_box("checkbox", name, `${id}_${index}`, option, given.includes(option)));
  const inputs = boxes.map(({ input }) => input);
  const read = () => inputs.filter(({ checked }) => checked).map((input) => input.value);
  return { target: inputs[0], parts: [element("div", { class: "options" }, ...boxes.map(({ label }) => label))], marked: inputs, read };
}

/** @param {FormField} field @param {string} id @param {unknown} value @returns {Controls} */
function scale({ name, from = 1, to = 5, required }, id, value) {
  const points = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => String(from + index));
  const radios = points.map((point, index) => tick_box("radio", name, `${id}_${index}`, point, point === String(value ?? "")));
  return radio_group(radios, required === true, (input) => Number(input.value), "points");
}

/** @param {FormField} field @param {string} id @param {unknown} value @returns {Controls} */
function matrix(field, id, value) {
  const given = /** @type {Record<string, unknown>} */ (typeof value === "object" && value !== null ? value : {});
  const rows = (field.rows ?? []).map((row, index) => {
    const name_id = `${id}_row_${index}_name`;
    const controls = scale({ ...field, name: `${field.name}.${row.name}` }, `${id}_row_${index}`, given[row.name]);
    const group = element("fieldset", { class: "row", role: "radiogroup", "aria-labelledby": name_id }, element("legend", { id: name_id }, row.label), ...controls.parts);
    if (field.required) group.setAttribute("aria-required", "true");
    return { name: row.name, group, controls };
  });
  const read = () => {
    const answered = rows.map(({ name, controls }) => [name, controls.read()]).filter(([, answer]) => answer !== null);
    return answered.length === 0 ? null : Object.fromEntries(answered);
  };
  return { target: rows[0]?.controls.target, parts: rows.map(({ group }) => group), marked: rows.map(({ group }) => group), read };
}

/** @param {FormField} field @param {string} id @param {unknown} value @returns {Controls} */
function confirm({ name, label, has_markdown = false, required }, id, value) {
  const box = tick_box("checkbox", name, id, label, value === true);
  if (has_markdown) box.label.lastElementChild?.replaceChildren(render_inline_markdown(label));
  if (required) box.label.append(" ", element("span", { class: "needed" }, "(required)"));
  return { target: box.input, parts: [element("div", { class: "options" }, box.label)], marked: [box.input], read: () => box.input.checked };
}

/**
 * Radio buttons. A browser cannot untick them, so an optional question has a button for it.
 * @param {{input: HTMLInputElement, label: HTMLElement}[]} radios @param {boolean} is_required @param {(input: HTMLInputElement) => unknown} value_of @returns {Controls}
 */
function radio_group(radios, is_required, value_of, layout = "options") {
  const inputs = radios.map(({ input }) => input);
  const chosen = () => inputs.find(({ checked }) => checked);
  const read = () => {
    const input = chosen();
    return input === undefined ? null : value_of(input);
  };
  const box = element("div", { class: layout }, ...radios.map(({ label }) => label));
  if (is_required) return { target: inputs[0], parts: [box], marked: [], read };
  const clear = element("button", { type: "button", class: "clear" }, "Clear this answer");
  const update = () => (clear.hidden = chosen() === undefined);
  box.addEventListener("change", update);
  clear.addEventListener("click", () => {
    const input = chosen();
    if (input === undefined) return;
    input.checked = false;
    // The button disappears, so the focus returns to the question.
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  update();
  return { target: inputs[0], parts: [box, clear], marked: [], read };
}

/** @param {"radio" | "checkbox"} type @param {string} name @param {string} id @param {string} value Also its label. @param {boolean} checked */
function tick_box(type, name, id, value, checked) {
  const input = /** @type {HTMLInputElement} */ (element("input", { type, name, id, value, checked }));
  return { input, label: element("label", {}, input, element("span", {}, value)) };
}
