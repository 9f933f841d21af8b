const KEY = "tellina.display";

export const THEMES = /** @type {const} */ (["system", "light", "dark"]);
export const SMALLEST_FONT = 10;
export const LARGEST_FONT = 32;
const WIDEST_TASK = 10_000;

/**
 * @typedef {object} DisplayChoices
 * @property {typeof THEMES[number]} theme
 * @property {number} font_size Of the terminal, in CSS pixels.
 * @property {number | null} task_width Of the task panel beside the terminal, in CSS pixels; null: as the page sees fit.
 * @property {boolean} is_folded Whether the task panel is out of the way.
 * @property {boolean} screen_reader Whether the terminal speaks to a screen reader.
 */

/** @type {DisplayChoices} */
const DEFAULTS = { theme: "system", font_size: 15, task_width: null, is_folded: false, screen_reader: false };

/** How this participant wants to see the page; remembered by the browser, which may refuse to. */
export class Display {
  #storage;
  #choices;
  /** @type {((choices: DisplayChoices) => void)[]} */
  #listeners = [];

  /** @param {() => Pick<Storage, "getItem" | "setItem">} storage Its call, and those of its methods, may throw. */
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
      // Then it holds until the page is left.
    }
    for (const listener of this.#listeners) listener(this.#choices);
  }

  /** Calls it now and at every change. @param {(choices: DisplayChoices) => void} listener */
  follow(listener) {
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

/** @param {any} choices From a storage that anybody may have written. @returns {DisplayChoices} */
function checked(choices) {
  const size = Number(choices?.font_size);
  const width = choices?.task_width;
  return {
    theme: THEMES.includes(choices?.theme) ? choices.theme : DEFAULTS.theme,
    font_size: Number.isFinite(size) ? Math.max(SMALLEST_FONT, Math.min(LARGEST_FONT, Math.round(size))) : DEFAULTS.font_size,
    task_width: Number.isFinite(width) ? Math.max(0, Math.min(WIDEST_TASK, Math.round(width))) : DEFAULTS.task_width,
    is_folded: choices?.is_folded === true,
    screen_reader: choices?.screen_reader === true,
  };
}
