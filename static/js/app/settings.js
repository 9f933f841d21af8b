import { MAX_FONT_SIZE, MIN_FONT_SIZE, THEMES } from "./display.js";
import { button, element, find, set_usable } from "./dom.js";
import { Dialog } from "./dialog.js";
import { gives_all_keys, is_mac } from "./tools.js";

/** @import { Display } from "./display.js" */

const THEME_WORDS = { system: "System", light: "Light", dark: "Dark" };

const KEYS_FOR_THE_CLIPBOARD = is_mac()
  ? [["⌘C", "copies the selection"], ["⌘V", "pastes"], ["Ctrl+C", "stops a command"]]
  : [["Ctrl+C", "copies the selection; with no selection, stops a command"], ["Ctrl+V", "pastes"]];

/** Keys that work in the terminal, and what they do. */
const KEYS = [
  ...KEYS_FOR_THE_CLIPBOARD,
  ["Shift+Page Up", "scrolls back"],
  [is_mac() ? "⌘+click" : "Ctrl+click", "opens a link"],
  ["Shift+F6", "moves between the terminal and the rest of the page"],
  ["Shift+F7", "lets a screen reader read out the time left and the state of the task"],
];
const KEYS_OF_THE_BROWSER = ["Ctrl+W, T, N", "go to the terminal in full screen"];

/** The settings dialog: theme, text size, screen reader mode; and the list of keys. */
export class Settings {
  #dialog = new Dialog("settings", () => {});
  #display;
  /** Leaves the study; null if that is not offered. @type {(() => void) | null} */
  #on_leave = null;

  /** @param {Display} display */
  constructor(display) {
    this.#display = display;
    find("open_settings").addEventListener("click", () => this.open());
  }

  /** @param {(() => void) | null} on_leave The participant wants to leave the study. Null: this is not offered. */
  offer_leaving(on_leave) {
    this.#on_leave = on_leave;
  }

  open() {
    const keys = gives_all_keys() ? [...KEYS, KEYS_OF_THE_BROWSER] : KEYS;
    this.#dialog.show(
      { card: "settings", heading: "Settings", footer: [button("Done", () => this.close(), "main")] },
      this.#themes(),
      this.#font_size(),
      this.#screen_reader(),
      element("h3", {}, "Keys in the terminal"),
      element("dl", { class: "keys" }, ...keys.flatMap(([key, what]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, what)])),
      ...this.#leaving(),
    );
  }

  /** Name of the card that is shown; empty if none. */
  get shown() {
    return this.#dialog.shown;
  }

  close() {
    this.#dialog.close();
  }

  #themes() {
    const options = THEMES.map((theme) => {
      const is_chosen = this.#display.choices.theme === theme;
      const input = element("input", { type: "radio", name: "theme", value: theme, checked: is_chosen });
      input.addEventListener("change", () => this.#display.change({ theme }));
      return element("label", {}, input, element("span", {}, THEME_WORDS[theme]));
    });
    return element("fieldset", { class: "choice" }, element("legend", {}, "Colours"), ...options);
  }

  #font_size() {
    const value = element("output", { id: "font_size" });
    const step = (/** @type {number} */ by) => () => {
      this.#display.change({ font_size: this.#display.choices.font_size + by });
      show();
    };
    const smaller = button("Smaller", step(-1));
    const larger = button("Larger", step(1));
    const show = () => {
      const { font_size } = this.#display.choices;
      value.textContent = `${font_size} pixels`;
      set_usable(smaller, font_size > MIN_FONT_SIZE);
      set_usable(larger, font_size < MAX_FONT_SIZE);
    };
    show();
    return element("fieldset", { class: "stepper" }, element("legend", {}, "Text size in the terminal"), smaller, value, larger);
  }

  #leaving() {
    const on_leave = this.#on_leave;
    if (on_leave === null) return [];
    const leave = button("Leave the study…", () => {
      this.close();
      on_leave();
    });
    return [element("h3", {}, "Leave the study"), element("p", {}, "You can leave at any time."), element("div", {}, leave)];
  }

  #screen_reader() {
    const input = /** @type {HTMLInputElement} */ (element("input", { type: "checkbox", checked: this.#display.choices.screen_reader }));
    input.addEventListener("change", () => this.#display.change({ screen_reader: input.checked }));
    return element("label", { class: "check" }, input, element("span", {}, "Let a screen reader read the terminal"));
  }
}
