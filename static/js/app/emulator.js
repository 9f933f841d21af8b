import { FitAddon } from "../../vendor/addon-fit.mjs";
import { WebLinksAddon } from "../../vendor/addon-web-links.mjs";
import { Terminal } from "../../vendor/xterm.mjs";
import { CellWidths } from "./cell_widths.js";
import { DARK, LIGHT } from "./palettes.js";
import { is_letter, is_mac } from "./tools.js";

/** @import { Display } from "./display.js" */

/**
 * xterm.js in an element, as large as the element at all times, as the participant wants to see it.
 * @param {HTMLElement} place
 * @param {Display} display
 * @param {{on_paste: (text: string) => void, on_leave: () => void}} events `on_leave`: the keyboard is to go elsewhere.
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

  const dress = () => {
    const { theme, font_size, screen_reader } = display.choices;
    emulator.options.theme = theme === "dark" || (theme === "system" && wants_dark.matches) ? DARK : LIGHT;
    emulator.options.fontSize = font_size;
    emulator.options.screenReaderMode = screen_reader;
  };
  dress();
  // Not in `place` itself: this one is wider than its parent, so that the scrollbar takes less room (css/terminal.css).
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
  wants_dark.addEventListener("change", dress);
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

/**
 * Keys that are for the page and not for the shell.
 * @param {Terminal} emulator @param {() => void} on_leave
 */
function take_keys(emulator, on_leave) {
  emulator.attachCustomKeyEventHandler((event) => {
    switch (key_of_the_page(event, emulator.hasSelection())) {
      case "copy":
        event.preventDefault();
        // The only way to copy that a page without HTTPS has; xterm.js gives the event its selection.
        if (event.type === "keydown" && document.execCommand("copy") && !event.shiftKey) emulator.clearSelection();
        return false;
      case "leave":
        event.preventDefault();
        if (event.type === "keydown") on_leave();
        return false;
      case "paste":
      case "standing":
        // The browser pastes, and the page says how things stand, once the event gets there.
        return false;
      case null:
        return true;
    }
  });
}

/**
 * @param {KeyboardEvent} event @param {boolean} has_selection
 * @returns {"copy" | "paste" | "leave" | "standing" | null}
 */
function key_of_the_page(event, has_selection) {
  if (event.altKey || event.metaKey) return null;
  if (event.key === "F6" && event.shiftKey && !event.ctrlKey) return "leave";
  if (event.key === "F7" && event.shiftKey && !event.ctrlKey) return "standing";
  if (!event.ctrlKey) return null;
  if (is_letter(event, "c") && (event.shiftKey || (has_selection && !is_mac()))) return "copy";
  if (is_letter(event, "v") && !event.shiftKey && !is_mac()) return "paste";
  return null;
}
