const KEY = "tellina.display";

export const THEMES = /** @type {const} */ (["system", "light", "dark"]);
export const MIN_FONT_SIZE = 10;
export const MAX_FONT_SIZE = 32;
const MAX_TASK_WIDTH = 10_000;

/**
 * @typedef {object} DisplayChoices
 * @property {typeof THEMES[number]} theme
 * @property {number} font_size Font size of the terminal, in CSS pixels.
 * @property {number | null} task_width Width of the task panel, in CSS pixels; null: the page chooses.
 * @property {boolean} is_folded Whether the task panel is hidden.
 * @property {boolean} screen_reader Whether screen readers can read the terminal.
 */

/** @type {DisplayChoices} */
const DEFAULTS = { theme: "system", font_size: 15, task_width: null, is_folded: false, screen_reader: false };

/** The participant's display settings, kept in the browser's storage if that is available. */
export class Display {
  #storage;
  #choices;
  /** @type {((choices: DisplayChoices) => void)[]} */
  #listeners = [];

  /** @param {() => Pick<Storage, "getItem" | "setItem">} storage The call and the methods of its result may throw. */
  constructor(storage) {
    this.#storage = storage;
    this.#choices = this.#remembered();
  }

  get choices() {
    return this.#choices;
  }

  /** @param {Partial<DisplayChoices>} change */
  change(change) {
    this.#choices = checked({ ...this.#choices, ...change });
    try {
      this.#storage().setItem(KEY, JSON.stringify(this.#choices));
    } catch {
      // No storage: the choice lasts until the page is closed.
    }
    for (const listener of this.#listeners) listener(this.#choices);
  }

  /** Calls the listener now and after each change. @param {(choices: DisplayChoices) => void} listener */
  subscribe(listener) {
    this.#listeners.push(listener);
    listener(this.#choices);
  }

  #remembered() {
    try {
      return checked(JSON.parse(this.#storage().getItem(KEY) ?? "{}"));
    } catch {
      return DEFAULTS;
    }
  }
}

/** @param {any} choices From the storage: not trusted. @returns {DisplayChoices} */
function checked(choices) {
  const size = Number(choices?.font_size);
  const width = choices?.task_width;
  return {
    theme: THEMES.includes(choices?.theme) ? choices.theme : DEFAULTS.theme,
    font_size: Number.isFinite(size) ? Math.max(MIN_FONT_SIZE, Math.min(MAX_FONT_SIZE, Math.round(size))) : DEFAULTS.font_size,
    task_width: Number.isFinite(width) ? Math.max(0, Math.min(MAX_TASK_WIDTH, Math.round(width))) : DEFAULTS.task_width,
    is_folded: choices?.is_folded === true,
    screen_reader: choices?.screen_reader === true,
  };
}
