import { find } from "./dom.js";

/**
 * Keeps the banners, which cover a part of the terminal, away from the cursor's line: whenever the first banner appears, all
 * are placed in the half of the terminal without the cursor.
 * @param {{rows: number, buffer: {active: {cursorY: number}}}} emulator
 */
export function place_banners(emulator) {
  const place = find("banners");
  const are_shown = () => [...place.children].some((banner) => !(/** @type {HTMLElement} */ (banner).hidden));
  let were_shown = false;
  new MutationObserver(() => {
    const shown = are_shown();
    if (shown && !were_shown) place.dataset.place = emulator.buffer.active.cursorY < emulator.rows / 2 ? "bottom" : "top";
    were_shown = shown;
  }).observe(place, { attributes: true, attributeFilter: ["hidden"], subtree: true });
}
