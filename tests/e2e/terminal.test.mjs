import assert from "node:assert/strict";

import { Tab } from "./support/browser.mjs";
import { page_tests, start } from "./support/fake_study.mjs";

const page_test = page_tests();

page_test("a paste is bracketed for programs that want it, and marked in the record; keys have their times", async ({ server, address, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await Tab.open(context, address);
  const before = Date.now();
  await start(tab);
  await tab.type("ab");
  const { stream, times } = await server.heard("input_times");
  assert.deepEqual([stream, times[0][0]], ["s1", 0]);
  assert.ok(times[0][1] > before - 1000 && times[0][1] < Date.now() + 1000, `${times[0][1]} is not now`);
  await tab.paste("one\ntwo");
  await tab.shows(/two/);
  assert.equal(server.input, "abone\rtwo");
  server.print("\x1b[?2004hbracketed ");
  await tab.shows(/bracketed/);
  await tab.paste("three");
  await tab.shows(/three/);
  assert.equal(server.input, "abone\rtwo\x1b[200~three\x1b[201~");
  const pastes = [7, 17].map((bytes) => server.heard("observation", (seen) => seen.kind === "paste" && seen.bytes === bytes));
  assert.deepEqual((await Promise.all(pastes)).map(({ input_offset }) => input_offset), [2, 9]);
  await tab.page.evaluate(() => navigator.clipboard.writeText("from the clipboard"));
  await tab.page.keyboard.press("Shift+Insert");
  await tab.shows(/from the clipboard/);
});

page_test("a paste cannot end its bracket or act as a key, and the record says what was replaced", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.print("\x1b[?2004hbracketed ");
  await tab.shows(/bracketed/);
  await tab.paste("echo safe \x1b[201~\recho INJECTED\r");
  await tab.shows(/INJECTED/);
  const typed = () => Buffer.from(server.input, "latin1").toString();
  assert.equal(typed(), "\x1b[200~echo safe ␛[201~\recho INJECTED\r\x1b[201~");
  server.print("\x1b[?2004lplain ");
  await tab.shows(/plain/);
  await tab.paste("one\x03two\x04");
  await tab.shows(/two/);
  assert.equal(typed().slice(typed().lastIndexOf("~") + 1), "one␃two␄");
  for (const replaced of [1, 2]) await server.heard("observation", (seen) => seen.kind === "paste" && seen.replaced === replaced);
});

const IN_MOTION = { reducedMotion: /** @type {const} */ ("no-preference") };

page_test("nothing moves while a key waits for its echo, also where a program wants a cursor that blinks", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const moving = () => tab.page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").map((animation) => String(/** @type {any} */ (animation).animationName)));
  for (const [name, wish] of [["as it is", ""], ["DECSET 12", "\x1b[?12h"], ["DECSCUSR 1", "\x1b[1 q"], ["DECSCUSR 3", "\x1b[3 q"], ["DECSCUSR 5", "\x1b[5 q"]]) {
    server.print(`${wish}\r\n${name} `);
    await tab.shows(new RegExp(`^${name}$`, "m"));
    await tab.page.waitForFunction(() => document.getAnimations().every((animation) => animation.effect?.getTiming().iterations === Infinity));
    assert.deepEqual(await moving(), [], name);
  }
}, IN_MOTION);

page_test("the echo of a key is drawn in one frame, and asks for no second one", async ({ address, context }) => {
  const tab = await Tab.blank(context, address);
  await tab.page.addInitScript(() => {
    const ask = requestAnimationFrame.bind(window);
    let asked = 0;
    /** Number of requested frames for each key, once its echo is drawn. */
    const asked_by_key = /** @type {number[]} */ ([]);
    let keys = 0;
    window.requestAnimationFrame = (callback) => {
      asked++;
      return ask(callback);
    };
    const observe = (/** @type {Element} */ rows) => {
      addEventListener("keydown", () => {
        keys++;
        asked = 0;
      }, { capture: true });
      // Counts three frames later, after everything that a frame for the echo requests.
      const count = () => ask(() => ask(() => ask(() => (asked_by_key[keys - 1] = asked))));
      new MutationObserver(count).observe(rows, { childList: true, subtree: true, characterData: true });
    };
    Object.assign(window, { asked_by_key, observe });
  });
  await tab.page.goto(`${address}/static/html/index.html?access_code=bob`);
  await start(tab);
  await tab.page.locator(".xterm-rows").evaluate((rows) => /** @type {any} */ (window).observe(rows));
  const keys = "abcdefghij";
  for (const [index, key] of [...keys].entries()) {
    await tab.page.keyboard.press(key);
    await tab.page.waitForFunction((length) => /** @type {any} */ (window).asked_by_key.length > length, index, { polling: 20 });
  }
  assert.deepEqual(await tab.page.evaluate(() => /** @type {any} */ (window).asked_by_key), Array.from(keys, () => 1));
});

page_test("the browser's translation leaves the terminal and commands alone", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.say({ type: "progress", matched: 1, missing: 0, extra: 0, incorrect: 0, detail: [{ path: "inbox", status: "matched" }] });
  await tab.page.locator("#progress code").waitFor({ state: "attached" });
  const is_translated = (/** @type {string} */ selector) =>
    tab.page.locator(selector).evaluateAll((found) => found.map((place) => /** @type {HTMLElement} */ (place).translate));
  for (const selector of ["#terminal", ".xterm-rows > div", "#terminal textarea", "#description code", "#description pre", "#progress code"]) {
    const all = await is_translated(selector);
    assert.ok(all.length > 0, selector);
    assert.ok(all.every((translate) => !translate), selector);
  }
  assert.deepEqual(await is_translated("#description > p:first-child"), [true]);
});

page_test("Ctrl+C copies what is selected and clears the selection; with nothing selected it is an interrupt; Ctrl+V pastes", async ({ server, address, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await Tab.open(context, address);
  await start(tab);
  server.print("\r\nto-be-copied and more\r\n$ ");
  await tab.shows(/to-be-copied/);
  const row = tab.page.locator(".xterm-rows > div", { hasText: "to-be-copied" });
  await row.dblclick({ position: { x: 20, y: 8 }, force: true });
  await tab.page.keyboard.press("Control+Shift+C");
  await tab.page.waitForFunction(async () => (await navigator.clipboard.readText()) === "to-be-copied");
  await tab.page.evaluate(() => navigator.clipboard.writeText(""));
  await tab.page.keyboard.press("Control+C");
  await tab.page.waitForFunction(async () => (await navigator.clipboard.readText()) === "to-be-copied");
  assert.equal(server.input, "");
  await tab.page.keyboard.press("Control+V");
  await tab.shows(/\$ to-be-copied/);
  await server.heard("observation", (seen) => seen.kind === "paste" && seen.bytes === 12);
  assert.equal(server.input, "to-be-copied");
  await tab.page.keyboard.press("Control+C");
  await tab.page.keyboard.press("Control+W");
  await tab.page.keyboard.press("Control+R");
  await tab.type("x");
  await tab.shows(/x/);
  assert.equal(server.input, "to-be-copied\x03\x17\x12x");
});

page_test("colours, wide characters, links and a composed character are right", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.print("\x1b[2J\x1b[H\x1b[38;2;180;60;20mtrue\x1b[0m 🦀x 日本y e\u0301z\r\nsee http://127.0.0.1/page and\r\n\x1b[10;1H\x1b[7mleft\x1b[27m\x1b[10;75Hright");
  await tab.shows(/right/);
  const reverse = await tab.page.locator(".xterm-rows span", { hasText: "left" }).evaluate((span) => {
    const { color, backgroundColor } = getComputedStyle(span);
    return [color, backgroundColor];
  });
  assert.deepEqual(reverse, ["rgb(252, 253, 254)", "rgb(23, 33, 43)"]);
  const cell = (/** @type {string} */ text) =>
    tab.page.evaluate((wanted) => {
      const row = document.querySelector(".xterm-rows > div");
      const range = document.createRange();
      for (const span of row?.querySelectorAll("span") ?? []) {
        const at = span.textContent?.indexOf(wanted) ?? -1;
        if (at < 0 || span.firstChild === null) continue;
        range.setStart(span.firstChild, at);
        range.setEnd(span.firstChild, at + wanted.length);
        const width = document.querySelector(".xterm-screen")?.clientWidth ?? 0;
        return { x: range.getBoundingClientRect().left - (row?.getBoundingClientRect().left ?? 0), color: getComputedStyle(span).color, width };
      }
      return null;
    }, text);
  const { columns } = await server.heard("hello");
  const width = ((await cell("true"))?.width ?? 0) / columns;
  assert.equal((await cell("true"))?.color, "rgb(180, 60, 20)");
  for (const [text, column] of /** @type {[string, number][]} */ ([["x", 7], ["y", 13], ["z", 16]])) {
    const place = ((await cell(text))?.x ?? 0) / width;
    assert.ok(Math.abs(place - column) < 0.3, `${text} stands in column ${place} and not ${column}`);
  }
  const link = tab.page.locator(".xterm-rows > div", { hasText: "http://127" });
  await link.hover({ position: { x: 80, y: 8 }, force: true });
  await tab.page.locator(".xterm-cursor-pointer").waitFor();
  const [popup] = await Promise.all([context.waitForEvent("page"), link.click({ position: { x: 80, y: 8 }, force: true, modifiers: ["Control"] })]);
  await popup.close();

  await tab.page.bringToFront();
  await tab.page.locator("#terminal textarea").focus();
  const devtools = await context.newCDPSession(tab.page);
  const compose = (/** @type {string} */ text) => devtools.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  const key_of_composition = (/** @type {string} */ code) => devtools.send("Input.dispatchKeyEvent", { type: "rawKeyDown", windowsVirtualKeyCode: 229, key: "Process", code });
  // Deletes the composition letter by letter and cancels it.
  await key_of_composition("KeyN");
  await compose("に");
  await key_of_composition("KeyH");
  await compose("にほ");
  await key_of_composition("Backspace");
  await compose("に");
  await key_of_composition("Escape");
  await compose("");
  await tab.page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal(server.input, "", "text was sent before its composition ended");
  await compose("に");
  await compose("日本");
  assert.equal(server.input, "");
  await devtools.send("Input.insertText", { text: "日本" });
  await tab.shows(/日本$/m);
  assert.equal(Buffer.from(server.input, "latin1").toString(), "日本");
});

page_test("the scrollback can be reached by keys and wheel, and typing returns to the prompt", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.print(Array.from({ length: 300 }, (_, number) => `\r\nline ${number + 1}`).join("") + "\r\n$ ");
  await tab.shows(/line 300\n\$/);
  for (let count = 0; count < 30; count++) await tab.page.keyboard.press("Shift+PageUp");
  await tab.shows(/^\$\nline 1\nline 2\n/);
  await tab.type("x");
  await tab.shows(/line 300\n\$ x/);
  await tab.page.locator("#terminal").hover();
  for (let count = 0; count < 200; count++) await tab.page.mouse.wheel(0, -1000);
  await tab.shows(/^\$\nline 1\nline 2\n/);
  for (let count = 0; count < 200; count++) await tab.page.mouse.wheel(0, 1000);
  await tab.shows(/line 300\n\$ x/);
  assert.equal(server.input, "x", "scrolling types nothing");
});

page_test("a selection can be copied, with keys and with the menu", async ({ server, address, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const tab = await Tab.open(context, address);
  await start(tab);
  server.print("\r\nnot this, but these words\r\n$ ");
  await tab.shows(/these words/);
  const { columns } = await server.heard("hello");
  const box = await tab.page.locator(".xterm-rows > div", { hasText: "these words" }).boundingBox();
  assert.ok(box !== null);
  const width = (await tab.page.locator(".xterm-screen").evaluate((screen) => screen.clientWidth)) / columns;
  const y = box.y + box.height / 2;
  await tab.page.mouse.move(box.x + 14.1 * width, y);
  await tab.page.mouse.down();
  await tab.page.mouse.move(box.x + 20 * width, y);
  await tab.page.mouse.move(box.x + 24.9 * width, y);
  await tab.page.mouse.up();
  await tab.page.keyboard.press("Control+Shift+C");
  await tab.page.waitForFunction(async () => (await navigator.clipboard.readText()) === "these words");
  await tab.page.mouse.click(box.x + 18 * width, y, { button: "right" });
  const offered = await tab.page.locator("#terminal textarea").evaluate((textarea) => {
    const { value, selectionStart, selectionEnd } = /** @type {HTMLTextAreaElement} */ (textarea);
    return value.slice(selectionStart, selectionEnd);
  });
  assert.equal(offered, "these words", "the menu's Copy copies the selection of the text field");
  assert.equal(server.input, "");
});

page_test("a link in the terminal opens in a new tab; a javascript: link does not", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const link = (/** @type {string} */ target, /** @type {string} */ text) => `\x1b]8;;${target}\x1b\\${text}\x1b]8;;\x1b\\\r\n`;
  server.print(`\r\n${link("javascript:document.title='run'", "a script")}${link(`${address}/static/images/icon.svg`, "a picture")}`);
  await tab.shows(/a script\na picture/);
  const place = (/** @type {string} */ text) => tab.page.locator(".xterm-rows > div", { hasText: text });
  const at = { position: { x: 30, y: 8 }, force: true };
  await place("a script").hover(at);
  await place("a script").click(at);
  await place("a picture").hover(at);
  await tab.page.locator(".xterm-cursor-pointer").waitFor();
  assert.equal(await tab.page.locator("#terminal").getAttribute("title"), "Ctrl+click opens the link");
  await place("a picture").click(at);
  const [opened] = await Promise.all([context.waitForEvent("page"), place("a picture").click({ ...at, modifiers: ["Control"] })]);
  await opened.waitForURL(`${address}/static/images/icon.svg`);
  assert.equal(await opened.evaluate(() => window.opener), null);
  assert.equal(context.pages().length, 2, "the script was opened, or a click without Ctrl opened the picture");
  assert.match(await tab.page.title(), /^Task 1/);
});

page_test("screen readers can read the terminal in screen reader mode", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  await tab.press("Settings");
  await tab.page.getByLabel("Let a screen reader read the terminal").check();
  await tab.press("Done");
  server.print("\r\nread me\r\n");
  await tab.page.getByRole("list").getByText("read me").waitFor();
  await tab.prove("screen_reader");
});

page_test("a large paste shows how far it has come and can be stopped", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  server.is_acknowledging = false;
  await tab.paste("0123456789abcde\n".repeat(65536));
  await tab.page.locator("#paste_bar").waitFor();
  assert.match((await tab.page.locator("#paste_bar_words").textContent()) ?? "", /^Pasting: 0 % of 1\.0 MiB$/);
  await tab.prove("pasting");
  await tab.press("Stop");
  server.is_acknowledging = true;
  server.acknowledge();
  await tab.page.locator("#paste_bar").waitFor({ state: "hidden" });
  await tab.terminal();
  assert.equal(server.input.length, 65536, "nothing is sent ahead of the window");
  const stopped = await server.heard("observation", ({ kind }) => kind === "paste_stopped");
  assert.deepEqual([stopped.stream, stopped.input_offset, stopped.bytes], ["s1", 0, 65536]);
});
