import { element } from "./dom.js";
import { make_field } from "./fields.js";

/** @import { FieldFault } from "../core/protocol.js" */
/** @import { FieldView, FormField } from "./fields.js" */

/** Types whose every key is a change. */
const TYPED = ["text", "paragraph", "number"];

/** A form whose answers the server judges. Errors are listed above the questions, and each is beside its question. */
export class Form {
  #views;
  #faults = /** @type {FieldFault[]} */ ([]);
  #summary = element("div", { class: "error summary", role: "group", tabindex: "-1", "aria-labelledby": "form_faults", hidden: true });

  /**
   * @param {object} options
   * @param {FormField[]} options.fields
   * @param {string} [options.legend] Above all fields, if they belong together.
   * @param {Record<string, unknown>} options.answers That the server has.
   * @param {(field: string, value: unknown, is_typing: boolean) => void} options.on_answer The participant has changed an answer.
   * @param {() => void} options.on_submit
   */
  constructor({ fields, legend = "", answers, on_answer, on_submit }) {
    this.#views = fields.map((field, index) => make_field(field, `field_${index}`, answers[field.name]));
    const places = this.#views.map(({ place }) => place);
    const content = legend === "" ? places : [element("fieldset", { class: "field" }, element("legend", {}, legend), ...places)];
    this.element = element("form", { id: "step", novalidate: true, autocomplete: "off" }, this.#summary, ...content);
    for (const view of this.#views) {
      const is_typed = TYPED.includes(view.field.type);
      const give = (/** @type {boolean} */ is_typing) => {
        this.#update(view);
        if (view.fault() === "") on_answer(view.field.name, view.read(), is_typing);
      };
      view.place.addEventListener("change", () => give(false));
      if (is_typed) view.place.addEventListener("input", () => give(true));
    }
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      const faults = this.#shown.map((view) => ({ name: view.field.name, message: view.fault() })).filter(({ message }) => message !== "");
      this.show_faults(faults);
      if (faults.length === 0) on_submit();
    });
    this.#show_questions();
  }

  /** The answers to the questions that are shown. Those without an answer are left out. @returns {Record<string, unknown>} */
  get answers() {
    return Object.fromEntries(this.#shown.map((view) => [view.field.name, view.read()]).filter(([, value]) => is_answer(value)));
  }

  /** Shows errors and moves the focus to their list. @param {FieldFault[]} faults */
  show_faults(faults) {
    this.#faults = faults;
    for (const view of this.#views) view.mark(faults.find(({ name }) => name === view.field.name)?.message ?? "");
    this.#show_summary();
    if (faults.length > 0) this.#summary.focus();
  }

  get #shown() {
    return this.#views.filter(({ place }) => !place.hidden);
  }

  /** An answer has changed: its error is out of date, and other questions may appear or disappear. @param {FieldView} changed */
  #update(changed) {
    const { name } = changed.field;
    if (this.#faults.some((fault) => fault.name === name)) {
      this.#faults = this.#faults.filter((fault) => fault.name !== name);
      changed.mark("");
      this.#show_summary();
    }
    this.#show_questions();
  }

  #show_questions() {
    for (const { field, place } of this.#views) place.hidden = !this.#is_asked(field, []);
  }

  /** @param {FormField} field @param {string[]} asking Fields that depend on this one, to end at a circle. @returns {boolean} */
  #is_asked({ name, show_if }, asking) {
    if (!show_if || asking.includes(name)) return true;
    const other = this.#views.find(({ field }) => field.name === show_if.field);
    return other !== undefined && is_given(other.read(), show_if.is) && this.#is_asked(other.field, [...asking, name]);
  }

  #show_summary() {
    const heading = this.#faults.length === 1 ? "Please check 1 answer" : `Please check ${this.#faults.length} answers`;
    this.#summary.hidden = this.#faults.length === 0;
    this.#summary.replaceChildren(element("h3", { id: "form_faults" }, heading), element("ul", {}, ...this.#faults.map((fault) => this.#line(fault))));
  }

  /** @param {FieldFault} fault @returns {HTMLElement} */
  #line({ name, message }) {
    const view = this.#shown.find(({ field }) => field.name === name);
    if (view === undefined) return element("li", {}, message);
    const link = element("a", { href: `#${view.target.id}` }, `${view.name()}: ${message}`);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      view.target.focus();
    });
    return element("li", {}, link);
  }
}

/** @param {unknown} value */
function is_answer(value) {
  return value !== null && !(Array.isArray(value) && value.length === 0);
}

/** @param {unknown} answer @param {unknown} is */
function is_given(answer, is) {
  return Array.isArray(answer) ? answer.includes(is) : answer === is;
}
