import { find } from "./dom.js";

/** @import { StudyAbout } from "../core/protocol.js" */

/** What the server says of the study: shown in the bar and in the page's title, and quoted where something fails. */
export class About {
  #place = "";
  #heading = find("task_number");
  #title = find("study_title");
  #contact = find("study_contact");
  /** @type {Required<StudyAbout>} */
  #study = { title: "Command-line study", contact: "", records_bytes: true };

  get title() {
    return this.#study.title;
  }

  /** Whom participants may ask; may be empty. */
  get contact() {
    return this.#study.contact;
  }

  /** Whether the record keeps every byte that is typed and printed. */
  get records_bytes() {
    return this.#study.records_bytes;
  }

  /** @param {StudyAbout} [study] What an older server does not say stays as it is. */
  take(study = {}) {
    this.#study = { ...this.#study, ...study };
    this.#show();
  }

  /** @param {string} place Where in the study the participant is, or nothing. */
  show_place(place) {
    this.#place = place;
    this.#show();
  }

  #show() {
    const { title, contact } = this.#study;
    this.#heading.textContent = this.#place || title;
    this.#title.textContent = this.#place === "" ? "" : title;
    this.#contact.textContent = contact === "" ? "" : `Questions? ${contact}`;
    document.title = this.#place === "" ? title : `${this.#place} – ${title}`;
  }
}
