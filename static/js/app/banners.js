import { find } from "./dom.js";

/**
 * Keeps the banners that lie over the terminal off the line where the cursor is: each time that the first one comes up they
 * go to the other half of it.
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
