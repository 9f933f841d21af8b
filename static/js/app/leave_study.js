import { read_out } from "./card.js";
import { button, element, set_usable } from "./dom.js";
import { Dialog } from "./dialog.js";
import { failure_in_words } from "./words.js";

/** @import { About } from "./about.js" */

const NOT_LEFT = { heading: "You have not left the study." };

/** What happens to the record, by the study's `withdrawal`. @type {Record<string, string>} */
const RECORD = {
  keep: "What was recorded so far is kept.",
  delete: "What was recorded so far is deleted.",
};

/** The question before a participant leaves the study for good. With `ask` they decide what happens to the record. */
export class LeaveStudy {
  #dialog = new Dialog("leave", () => this.#on_closed());
  #about;
  #on_closed;

  /** @param {About} about @param {() => void} on_closed Called when the participant stays. */
  constructor(about, on_closed) {
    this.#about = about;
    this.#on_closed = on_closed;
  }

  get is_open() {
    return this.#dialog.shown !== "";
  }

  /** @param {string} withdrawal @param {(deletes: boolean) => Promise<void>} leave Rejected if the server refuses. */
  ask(withdrawal, leave) {
    const failure = element("p", { class: "error", role: "alert", hidden: true });
    const choice = withdrawal === "ask" ? record_choice() : null;
    const stay = button("Stay", () => {
      this.close();
      this.#on_closed();
    });
    const go = button("Leave the study", () => void press(), "grave");

    async function press() {
      if (choice !== null && choice.deletes() === null) return choice.demand();
      set_usable(go, false);
      failure.hidden = true;
      try {
        await leave(choice === null ? withdrawal === "delete" : choice.deletes() === true);
      } catch (error) {
        set_usable(go, true);
        const { heading, sentence } = failure_in_words(error, NOT_LEFT, contact());
        failure.textContent = `${heading} ${sentence}`;
        failure.hidden = false;
      }
    }

    const contact = () => this.#about.contact;
    this.#dialog.show(
      { card: "leave", heading: "Leave the study?", sign: "question", footer: [stay, go] },
      read_out(element("p", {}, `The study ends for you, and you cannot come back to it. ${RECORD[withdrawal] ?? ""}`)),
      ...(choice === null ? [] : [choice.place]),
      failure,
    );
  }

  close() {
    this.#dialog.close();
  }
}

/** Neither answer is chosen beforehand. */
function record_choice() {
  const option = (/** @type {string} */ value, /** @type {string} */ words) => {
    const input = /** @type {HTMLInputElement} */ (element("input", { type: "radio", name: "record", value }));
    return { input, label: element("label", {}, input, element("span", {}, words)) };
  };
  const keep = option("keep", "Keep it for the study");
  const remove = option("delete", "Delete it");
  const error = element("p", { class: "field_error", id: "leave_error", hidden: true }, "Choose one.");
  const place = element(
    "fieldset",
    { class: "field", role: "radiogroup", "aria-labelledby": "leave_record", "aria-required": "true" },
    element("legend", { id: "leave_record" }, "What should happen to what was recorded so far?"),
    error,
    element("div", { class: "options" }, keep.label, remove.label),
  );
  place.addEventListener("change", () => {
    error.hidden = true;
    place.removeAttribute("aria-invalid");
    place.removeAttribute("aria-describedby");
  });
  const deletes = () => (remove.input.checked ? true : keep.input.checked ? false : null);
  const demand = () => {
    error.hidden = false;
    place.setAttribute("aria-invalid", "true");
    place.setAttribute("aria-describedby", error.id);
    keep.input.focus();
  };
  return { place, deletes, demand };
}
