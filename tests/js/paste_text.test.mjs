import assert from "node:assert/strict";
import { test } from "node:test";

import { make_pasteable } from "../../static/js/core/paste_text.js";

test("text, tabs, line ends and other languages are pasted as they are", () => {
  const text = "a\tb\r\nc\nd\re é 日本 😀 \u00a0";
  assert.deepEqual(make_pasteable(text), { text, replaced: 0 });
});

test("characters that would end the bracket or act as keys become visible and harmless", () => {
  assert.deepEqual(make_pasteable("echo safe \x1b[201~\recho INJECTED\r"), { text: "echo safe ␛[201~\recho INJECTED\r", replaced: 1 });
  assert.deepEqual(make_pasteable("one\x03two\x00\x7f\x04\x1a\x9b201~"), { text: "one␃two␀␡␄␚\ufffd201~", replaced: 6 });
});

test("no control character except tab and line ends remains", () => {
  const all = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join("");
  const { text, replaced } = make_pasteable(all);
  // eslint-disable-next-line no-control-regex
  assert.deepEqual(text.match(/[\x00-\x1f\x7f-\x9f]/g), ["\t", "\n", "\r"]);
  assert.equal(replaced, 32 - 3 + 1 + 32);
});
