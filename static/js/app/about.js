import { find } from "./dom.js";

/** @import { StudyAbout } from "../core/protocol.js" */

/** The study's title and contact: shown in the bar and in the page's title, and quoted in error messages. */
export class About {
  #position = "";
  #heading = find("task_number");
  #title = find("study_title");
  #contact = find("study_contact");
  /** @type {Required<StudyAbout>} */
  #study = { title: "Command-line study", contact: "", records_bytes: true, records_addresses: true };

  get title() {
    return this.#study.title;
  }

  /** Whom participants can ask; may be empty. */
  get contact() {
    return this.#study.contact;
  }

  /** Whether the record keeps every byte that is typed and printed. */
  get records_bytes() {
    return this.#study.records_bytes;
  }

  /** Whether the record keeps the participant's network address. */
  get records_addresses() {
    return this.#study.records_addresses;
  }

  /** @param {StudyAbout} [study] Fields that an older server does not send keep their value. */
  take(study = {}) {
    const given = Object.entries(study).filter(([, value]) => value !== undefined && value !== null);
    this.#study = { ...this.#study, ...Object.fromEntries(given) };
    this.#show();
  }

  /** @param {string} position Where in the study the participant is, or nothing. */
  show_position(position) {
    this.#position = position;
    this.#show();
  }

  #show() {
    const { title, contact } = this.#study;
    this.#heading.textContent = this.#position || title;
    this.#title.textContent = this.#position === "" ? "" : title;
    this.#contact.textContent = contact === "" ? "" : `Questions? ${contact}`;
    document.title = this.#position === "" ? title : `${this.#position} – ${title}`;
  }
}
