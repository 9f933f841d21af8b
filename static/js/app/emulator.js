import { FitAddon } from "../../vendor/addon-fit.mjs";
import { WebLinksAddon } from "../../vendor/addon-web-links.mjs";
import { Terminal } from "../../vendor/xterm.mjs";
import { CellWidths } from "./cell_widths.js";
import { DARK, LIGHT } from "./palettes.js";
import { is_letter, is_mac } from "./tools.js";

/** @import { Display } from "./display.js" */

/**
 * Opens xterm.js in an element. It follows the size of the element and the display settings.
 * @param {HTMLElement} place
 * @param {Display} display
 * @param {{on_paste: (text: string) => void, on_leave: () => void}} events `on_leave`: the keyboard focus should leave the terminal.
 * @returns {Terminal}
 */
export function open_emulator(place, display, { on_paste, on_leave }) {
  const wants_dark = matchMedia("(prefers-color-scheme: dark)");
  const links = {
    activate: (/** @type {MouseEvent} */ event, /** @type {string} */ address) => {
      if (is_mac() ? event.metaKey : event.ctrlKey) window.open(address, "_blank", "noopener,noreferrer");
    },
    hover: () => (place.title = `${is_mac() ? "⌘" : "Ctrl"}+click opens the link`),
    leave: () => place.removeAttribute("title"),
  };
  const emulator = new Terminal({
    allowProposedApi: true,
    cursorBlink: false,
    fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
    linkHandler: links,
    minimumContrastRatio: 4.5,
    scrollback: 5000,
  });
  const fit = new FitAddon();
  emulator.loadAddon(fit);
  const widths = new CellWidths();
  emulator.unicode.register(widths);
  emulator.unicode.activeVersion = widths.version;
  emulator.loadAddon(new WebLinksAddon(links.activate, links));

  const apply_choices = () => {
    const { theme, font_size, screen_reader } = display.choices;
    emulator.options.theme = theme === "dark" || (theme === "system" && wants_dark.matches) ? DARK : LIGHT;
    emulator.options.fontSize = font_size;
    emulator.options.screenReaderMode = screen_reader;
  };
  apply_choices();
  // A wrapper that is wider than `place`, so that the scrollbar takes less room (css/terminal.css).
  const screen = place.appendChild(document.createElement("div"));
  screen.className = "emulator";
  emulator.open(screen);
  emulator.textarea?.setAttribute("aria-describedby", "terminal_keys");
  fit.fit();

  let is_planned = false;
  const fit_later = () => {
    if (is_planned) return;
    is_planned = true;
    requestAnimationFrame(() => {
      is_planned = false;
      if (document.body.hasAttribute("data-dragging")) return;
      if (place.clientWidth > 0 && place.clientHeight > 0) fit.fit();
    });
  };
  new ResizeObserver(fit_later).observe(place);
  wants_dark.addEventListener("change", apply_choices);
  display.subscribe(() => {
    apply_choices();
    fit_later();
  });

  intercept_pastes(place, on_paste);
  intercept_keys(emulator, on_leave);
  return emulator;
}

/** Handles pastes before xterm.js does, so that they can be reported as pastes. @param {HTMLElement} place @param {(text: string) => void} on_paste */
function intercept_pastes(place, on_paste) {
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

/**
 * Handles the page's shortcuts, which do not go to the shell.
 * @param {Terminal} emulator @param {() => void} on_leave
 */
function intercept_keys(emulator, on_leave) {
  emulator.attachCustomKeyEventHandler((event) => {
    switch (page_shortcut(event, emulator.hasSelection())) {
      case "copy":
        event.preventDefault();
        // Works without HTTPS; xterm.js puts its selection into the copy event.
        if (event.type === "keydown" && document.execCommand("copy") && !event.shiftKey) emulator.clearSelection();
        return false;
      case "leave":
        event.preventDefault();
        if (event.type === "keydown") on_leave();
        return false;
      case "paste":
      case "status":
        // The browser handles the paste, and the page announces its status, when the event reaches them.
        return false;
      case null:
        return true;
    }
  });
}

/**
 * @param {KeyboardEvent} event @param {boolean} has_selection
 * @returns {"copy" | "paste" | "leave" | "status" | null}
 */
function page_shortcut(event, has_selection) {
  if (event.altKey || event.metaKey) return null;
  if (event.key === "F6" && event.shiftKey && !event.ctrlKey) return "leave";
  if (event.key === "F7" && event.shiftKey && !event.ctrlKey) return "status";
  if (!event.ctrlKey) return null;
  if (is_letter(event, "c") && (event.shiftKey || (has_selection && !is_mac()))) return "copy";
  if (is_letter(event, "v") && !event.shiftKey && !is_mac()) return "paste";
  return null;
}
