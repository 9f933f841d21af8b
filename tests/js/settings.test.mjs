import assert from "node:assert/strict";
import { test } from "node:test";

import { browser, page, part } from "./support/fake_page.mjs";

const { Display } = await import("../../static/js/app/display.js");
const { Settings } = await import("../../static/js/app/settings.js");

/** @param {object} [choices] */
function make(choices = {}) {
  const storage = new Map([["tellina.display", JSON.stringify(choices)]]);
  const display = new Display(() => ({ getItem: (key) => storage.get(key) ?? null, setItem: (key, value) => void storage.set(key, value) }));
  const settings = new Settings(display);
  settings.open();
  return { display, settings, dialog: part("settings"), size: () => part("settings").all("output")[0].textContent };
}

test("the text of the terminal becomes larger and smaller by a pixel, within its ends", () => {
  const { display, dialog, size, settings } = make({ font_size: 31 });
  const larger = dialog.button("Larger");
  const smaller = dialog.button("Smaller");
  larger.click();
  assert.deepEqual([size(), larger.attributes["aria-disabled"]], ["32 pixels", "true"]);
  larger.click();
  assert.equal(display.choices.font_size, 32);
  smaller.click();
  assert.deepEqual([size(), larger.attributes["aria-disabled"]], ["31 pixels", "false"]);
  settings.close();
});

test("shows what is chosen, and takes another choice", () => {
  const { display, dialog, settings } = make({ theme: "dark", screen_reader: true });
  const [system, light, dark, reader] = dialog.all("input");
  assert.deepEqual([system, light, dark, reader].map(({ attributes }) => "checked" in attributes), [false, false, true, true]);
  light.dispatchEvent(new Event("change"));
  assert.equal(display.choices.theme, "light");
  Object.assign(reader, { checked: false });
  reader.dispatchEvent(new Event("change"));
  assert.equal(display.choices.screen_reader, false);
  settings.close();
});

test("the button of the page opens them, and Done closes them", () => {
  const { dialog, settings } = make();
  settings.close();
  part("open_settings").click();
  assert.equal(dialog.open, true);
  dialog.button("Done").click();
  assert.equal(dialog.open, false);
});

test("lists reserved keys only if full screen passes them on", () => {
  const promised = () => {
    const { dialog, settings } = make();
    const keys = dialog.all("kbd").map(({ textContent }) => textContent);
    settings.close();
    return keys.includes("Ctrl+W, T, N");
  };
  assert.equal(promised(), false);
  browser.keyboard = { lock: async () => {} };
  assert.equal(promised(), true);
  page.fullscreenEnabled = false;
  assert.equal(promised(), false);
});
