import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";

import { Stories } from "./support/stories.mjs";

const stories = new Stories(["alice", "bob"]);

/** A character of each kind, including Unicode 13 and 14, and sequences. */
const SAMPLES = [
  ..."aé日本ㅎกัक्ا☃★😀🦀🪵🫠𠀀𝔸\u200b\u00ad",
  ...["e\u0301", "❤️", "🇩🇪", "👩‍👩‍👧", "👍🏽", "\u1100\u1161", "กำ", "☎\ufe0e", "🏴‍☠️"],
];

/** Asks the terminal where the cursor is after an x and each of its arguments, and compares with what the C library says. */
const COMPARE = `compare() {
  for text; do
    expected=$(printf %s "x$text" | wc -L); printf '\\rx%s\\e[6n' "$text"; IFS=';' read -rsd R _ column
    [ $((column - 1)) = "$expected" ] || wrong+="$text:$((column - 1)),$expected "
  done; printf '\\r\\e[Kwrong: %s.\\n' "$wrong"
}`;

stories.story("a character takes as many cells on the page as in the sandbox", "alice", async (tab) => {
  await tab.paste(COMPARE);
  await tab.type("\n");
  await tab.paste(`compare ${SAMPLES.map((sample) => `'${sample}'`).join(" ")}`);
  await tab.type("\n");
  await tab.shows(/^wrong: .*\.$/m);
  assert.match(await tab.text(), /^wrong: \.$/m);
});

stories.story("Ctrl+S does not stop the output", "bob", async (tab) => {
  // Bash itself would read, and not echo, what is typed before it starts the command.
  await tab.type("echo star''ted; cat\n");
  await tab.shows(/^started$/m);
  await tab.type("reads\n");
  await tab.shows(/^reads\nreads$/m);
  await tab.page.keyboard.press("Control+S");
  await tab.type("still here\n");
  await tab.shows(/^\^Sstill here\n.*still here$/m);
  await tab.page.keyboard.press("Control+D");
});

test("the page's character widths are those of Debian's C library", async () => {
  const { stdout } = await promisify(execFile)(new URL("../../tools/character-widths", import.meta.url).pathname);
  assert.equal(await readFile(new URL("../../static/js/app/character_widths.js", import.meta.url), "utf8"), stdout);
});
