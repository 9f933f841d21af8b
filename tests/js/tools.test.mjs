import assert from "node:assert/strict";
import { test } from "node:test";

import "./support/fake_page.mjs";

const { is_letter } = await import("../../static/js/app/tools.js");

test("a shortcut's letter is what the layout writes, or the key's place where the layout has other letters", () => {
  const keys = [
    { layout: "US", key: "c", code: "KeyC", is_c: true },
    { layout: "US with Shift", key: "C", code: "KeyC", is_c: true },
    { layout: "Dvorak", key: "c", code: "KeyI", is_c: true },
    { layout: "Dvorak", key: "j", code: "KeyC", is_c: false },
    { layout: "Russian", key: "с", code: "KeyC", is_c: true },
    { layout: "Russian", key: "м", code: "KeyV", is_c: false },
    { layout: "French", key: "ç", code: "Digit9", is_c: false },
  ];
  for (const { layout, is_c, ...event } of keys) assert.equal(is_letter(event, "c"), is_c, `${event.key} of ${layout}`);
});
