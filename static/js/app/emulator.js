import { FitAddon } from "../../vendor/addon-fit.mjs";
import { Terminal } from "../../vendor/xterm.mjs";

const LIGHT = {
  background: "#fcfdfe",
  foreground: "#1b2530",
  cursor: "#17694a",
  cursorAccent: "#fcfdfe",
  selectionBackground: "#bfe3d3",
  black: "#1b2530",
  red: "#b3261e",
  green: "#17694a",
  yellow: "#8a6100",
  blue: "#1f5fae",
  magenta: "#8b3a8f",
  cyan: "#0b6e79",
  white: "#5a6876",
  brightBlack: "#6b7a88",
  brightRed: "#cf3a30",
  brightGreen: "#1f8a61",
  brightYellow: "#a67700",
  brightBlue: "#2f78d0",
  brightMagenta: "#a64eab",
  brightCyan: "#10899a",
  brightWhite: "#1b2530",
};

const DARK = {
  background: "#0d1217",
  foreground: "#e4eaf0",
  cursor: "#7fd1ae",
  cursorAccent: "#0d1217",
  selectionBackground: "#2c5a49",
};

/**
 * xterm.js in an element, as large as the element at all times, in the colours that the participant's system asks for.
 * @param {HTMLElement} place
 * @returns {Terminal}
 */
export function open_emulator(place) {
  const wants_dark = matchMedia("(prefers-color-scheme: dark)");
  const emulator = new Terminal({
    cursorBlink: true,
    fontFamily: 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace',
    fontSize: 15,
    minimumContrastRatio: 4.5,
    scrollback: 5000,
    theme: wants_dark.matches ? DARK : LIGHT,
  });
  wants_dark.addEventListener("change", () => (emulator.options.theme = wants_dark.matches ? DARK : LIGHT));
  const fit = new FitAddon();
  emulator.loadAddon(fit);
  emulator.open(place);
  fit.fit();
  let is_planned = false;
  new ResizeObserver(() => {
    if (is_planned) return;
    is_planned = true;
    requestAnimationFrame(() => {
      is_planned = false;
      if (place.clientWidth > 0 && place.clientHeight > 0) fit.fit();
    });
  }).observe(place);
  return emulator;
}
