import { FitAddon } from "../../vendor/addon-fit.mjs";
import { Unicode11Addon } from "../../vendor/addon-unicode11.mjs";
import { WebLinksAddon } from "../../vendor/addon-web-links.mjs";
import { Terminal } from "../../vendor/xterm.mjs";
import { DARK, LIGHT } from "./palettes.js";

/** @import { Display } from "./display.js" */

/**
 * xterm.js in an element, as large as the element at all times, as the participant wants to see it.
 * @param {HTMLElement} place
 * @param {Display} display
 * @param {{on_paste: (text: string) => void, on_leave: () => void}} events `on_leave`: the keyboard wants to go elsewhere.
 * @returns {Terminal}
 */
export function open_emulator(place, display, { on_paste, on_leave }) {
  const wants_dark = matchMedia("(prefers-color-scheme: dark)");
  const wants_rest = matchMedia("(prefers-reduced-motion: reduce)");
  const open_link = (/** @type {MouseEvent} */ _event, /** @type {string} */ address) => void window.open(address, "_blank", "noopener,noreferrer");
  const emulator = new Terminal({
    allowProposedApi: true,
    cursorBlink: !wants_rest.matches,
    fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
    linkHandler: { activate: open_link },
    minimumContrastRatio: 4.5,
    scrollback: 5000,
  });
  const fit = new FitAddon();
  emulator.loadAddon(fit);
  emulator.loadAddon(new Unicode11Addon());
  emulator.unicode.activeVersion = "11";
  emulator.loadAddon(new WebLinksAddon(open_link));

  const dress = () => {
    const { theme, font_size, screen_reader } = display.choices;
    emulator.options.theme = theme === "dark" || (theme === "system" && wants_dark.matches) ? DARK : LIGHT;
    emulator.options.fontSize = font_size;
    emulator.options.screenReaderMode = screen_reader;
  };
  dress();
  emulator.open(place);
  emulator.textarea?.setAttribute("aria-describedby", "terminal_keys");
  fit.fit();

  let is_planned = false;
  const fit_later = () => {
    if (is_planned) return;
    is_planned = true;
    requestAnimationFrame(() => {
      is_planned = false;
      if (place.clientWidth > 0 && place.clientHeight > 0) fit.fit();
    });
  };
  new ResizeObserver(fit_later).observe(place);
  wants_dark.addEventListener("change", dress);
  wants_rest.addEventListener("change", () => (emulator.options.cursorBlink = !wants_rest.matches));
  display.follow(() => {
    dress();
    fit_later();
  });

  take_pastes(place, on_paste);
  take_keys(emulator, on_leave);
  return emulator;
}

/** A paste is taken before xterm.js sees it, so that it is known to be one. @param {HTMLElement} place @param {(text: string) => void} on_paste */
function take_pastes(place, on_paste) {
  place.addEventListener(
    "paste",
    (event) => {
      event.preventDefault();
      event.stopPropagation();
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (text !== "") on_paste(text);
    },
    { capture: true },
  );
}

/** Keys that are for the page and not for the shell. @param {Terminal} emulator @param {() => void} on_leave */
function take_keys(emulator, on_leave) {
  emulator.attachCustomKeyEventHandler((event) => {
    const is_copy = event.ctrlKey && event.shiftKey && !event.altKey && event.code === "KeyC";
    const is_leaving = event.shiftKey && !event.ctrlKey && !event.altKey && event.key === "F6";
    if (!is_copy && !is_leaving) return true;
    event.preventDefault();
    if (event.type !== "keydown") return false;
    // The only way to copy that a page without HTTPS has; xterm.js gives the event its selection.
    if (is_copy) document.execCommand("copy");
    else on_leave();
    return false;
  });
}
