import assert from "node:assert/strict";

import { Tab } from "./support/browser.mjs";
import { page_tests, start } from "./support/fake_study.mjs";

const page_test = page_tests();

/** @param {Tab} tab @param {string} selector */
async function box(tab, selector) {
  const found = await tab.page.locator(selector).boundingBox();
  assert.ok(found !== null, `${selector} is not shown`);
  return found;
}

for (const width of [1024, 1045, 1152, 1280, 1366, 1920]) {
  page_test(
    `a window of ${width} pixels has at least 80 columns beside the task`,
    async ({ server, address, context }) => {
      const tab = await Tab.open(context, address);
      await start(tab);
      const size = await server.heard("hello");
      assert.ok(size.columns >= 80, `there are ${size.columns} columns`);
      assert.deepEqual(server.messages.filter(({ type }) => type === "resize"), [], "the terminal has its size from the start");
      const [task, terminal] = [await box(tab, "#task"), await box(tab, "#terminal")];
      assert.ok(task.x + task.width < terminal.x && task.width >= 240 && task.width <= 448, JSON.stringify(task));
    },
    { viewport: { width, height: 768 } },
  );
}

page_test("the splitter is dragged and moved by keys, and its position is remembered", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const splitter = tab.page.locator("#splitter");
  const width = async () => Math.round((await box(tab, "#task")).width);
  const resizes = () => server.messages.filter(({ type }) => type === "resize");
  const before = await width();
  const { x, y, width: thickness, height } = await box(tab, "#splitter");
  const [from, middle] = [x + thickness / 2, y + height / 2];
  await tab.page.mouse.move(from, middle);
  await tab.page.mouse.down();
  for (const by of [-20, -50, -80, -100]) await tab.page.mouse.move(from + by, middle);
  assert.equal(await width(), before - 100, "it moves as it is dragged");
  assert.deepEqual(resizes(), [], "the shell gets the new size once, at the end");
  await tab.page.mouse.up();
  const wider = await server.heard("resize");
  assert.ok(wider.columns > (await server.heard("hello")).columns);
  await tab.terminal();
  await splitter.focus();
  await tab.page.keyboard.press("ArrowRight");
  assert.equal(await width(), before - 84);
  await tab.page.keyboard.press("ArrowLeft");
  await tab.page.keyboard.press("ArrowLeft");
  assert.equal(await width(), before - 116);
  assert.equal(await splitter.getAttribute("aria-valuenow"), String(before - 116));
  assert.equal(await splitter.getAttribute("aria-valuetext"), `${Math.round((100 * (before - 116)) / 1280)} % of the window`);
  await tab.prove("splitter");
  await tab.page.reload();
  await tab.terminal();
  assert.equal(await width(), before - 116);
  await splitter.focus();
  await tab.page.keyboard.press("End");
  assert.equal((await box(tab, "#terminal")).width >= 440, true, "the terminal does not vanish");
  await tab.page.keyboard.press("Home");
  assert.equal(await width(), 192);
  await splitter.dblclick();
  assert.equal(await width(), before);
});

const WIDE_TEXT = `| option | what it does | example |
| --- | --- | --- |
| \`-newermt\` | changed after a point in time | \`-newermt 2023-01-01\` |

\`\`\`
find . -type f -print0 | xargs -0 --no-run-if-empty ls --sort=size --reverse
\`\`\`
Use \`find . -name '*.log' -mtime +7 | xargs --no-run-if-empty rm\` or \`ls --all --size --human\`.

- [ ] sort \`a\`
- [x] and the other`;

for (const width of [320, 1024]) {
  page_test(
    `no word of a task is broken at ${width} pixels, and what is wide scrolls sideways`,
    async ({ server, address, context }) => {
      server.study.task.description = WIDE_TEXT;
      const tab = await Tab.open(context, address);
      await start(tab);
      const text = tab.page.locator("#description");
      // Words are not broken: all characters of a word are on one line.
      const broken = await text.evaluate((description) => {
        const found = [];
        const walker = document.createTreeWalker(description, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          for (const { 0: word, index } of (node.nodeValue ?? "").matchAll(/\S+/g)) {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) found.push(word);
          }
        }
        return found;
      });
      assert.deepEqual(broken, []);
      const scrolls = (/** @type {string} */ selector) => text.locator(selector).first().evaluate((place) => place.scrollWidth > place.clientWidth && getComputedStyle(place).overflowX === "auto");
      assert.ok(await scrolls("pre"));
      assert.ok(await scrolls(".table"));
      assert.equal(await text.locator("pre").getAttribute("tabindex"), "0", "keys scroll it");
      assert.deepEqual(await text.locator("li").evaluateAll((items) => items.map((item) => [item.dataset.box, item.textContent])), [["☐", "sort a"], ["☑", "and the other"]]);
      assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
      await tab.prove(`wide_text_${width}`);
    },
    { viewport: { width, height: 768 } },
  );
}

for (const { name, has_clipboard } of [{ name: "a page with HTTPS", has_clipboard: true }, { name: "one without", has_clipboard: false }]) {
  page_test(`a block of code is copied, and the keyboard is back at the terminal: in ${name}`, async ({ server, address, context }) => {
    await context.addInitScript((has) => {
      const writeText = async (/** @type {string} */ text) => void Object.assign(window, { copied: text });
      Object.defineProperty(navigator, "clipboard", { value: has ? { writeText } : undefined });
    }, has_clipboard);
    if (!has_clipboard) {
      await context.addInitScript(() => {
        const command = document.execCommand.bind(document);
        document.execCommand = (name) => {
          const set = DataTransfer.prototype.setData;
          DataTransfer.prototype.setData = function (/** @type {[string, string]} */ ...data) {
            Object.assign(window, { copied: data[1] });
            set.apply(this, data);
          };
          const is_done = command(name);
          DataTransfer.prototype.setData = set;
          return is_done;
        };
      });
    }
    server.study.task.description = "```\nls -l | head\nwc\n```";
    const tab = await Tab.open(context, address);
    await start(tab);
    await tab.page.locator("#description pre").hover();
    await tab.page.locator("#description .copy").click();
    await tab.page.locator("#description").getByText("Copied").waitFor();
    assert.equal(await tab.page.evaluate(() => /** @type {any} */ (window).copied), "ls -l | head\nwc");
    await tab.terminal();
  });
}

page_test("a banner appears in the half of the terminal without the cursor", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const banners = tab.page.locator("#banners");
  const fail = () => server.say({ type: "error", code: "internal", message: "the disk is full" });
  fail();
  await tab.page.locator("#notice").waitFor();
  assert.equal(await banners.getAttribute("data-place"), "bottom");
  server.print("line\r\n".repeat(100) + "last");
  await tab.shows(/^last$/m);
  assert.equal(await banners.getAttribute("data-place"), "bottom", "a visible banner stays in its place");
  await tab.press("Close");
  fail();
  await tab.page.locator("#notice").waitFor();
  assert.equal(await banners.getAttribute("data-place"), "top");
  const [banner, terminal] = [await box(tab, "#notice"), await box(tab, "#terminal")];
  assert.ok(banner.y >= terminal.y && banner.y + banner.height < terminal.y + terminal.height / 2, "it lies over the upper half");
  await tab.prove("banner_at_the_top");
});

page_test("key hints are shown in the first task only, and take no row of the terminal", async ({ server, address, context }) => {
  const tab = await Tab.open(context, address);
  await start(tab);
  const first = await box(tab, "#terminal");
  assert.equal(await tab.page.locator("#terminal_keys").isVisible(), true);
  server.end_task("gave_up");
  await start(tab, "gave_up");
  assert.equal(await tab.page.locator("#terminal_keys").isVisible(), false);
  assert.deepEqual(await box(tab, "#terminal"), first);
  assert.equal(await tab.page.locator("#terminal textarea").getAttribute("aria-describedby"), "terminal_keys", "a screen reader has them");
  assert.deepEqual(server.messages.filter(({ type }) => type === "resize"), []);
});

for (const total of [2, 22, 100]) {
  page_test(`the progress of ${total} tasks is one bar`, async ({ server, address, context }) => {
    Object.assign(server.study.task, { number: Math.ceil(total / 2), total });
    server.study.outcomes = Array.from({ length: Math.ceil(total / 2) - 1 }, (_, index) => ({ number: index + 1, state: index % 3 === 2 ? "gave_up" : "passed" }));
    const tab = await Tab.open(context, address);
    await tab.card("start");
    const bar = await box(tab, "#steps");
    const widths = await tab.page.locator("#steps span").evaluateAll((segments) => segments.map((segment) => segment.getBoundingClientRect().width));
    assert.equal(widths.length, total);
    assert.ok(Math.max(...widths) - Math.min(...widths) < 0.1 && Math.min(...widths) > 1, `${widths}`);
    assert.ok(bar.width <= 240 && bar.height <= 8, JSON.stringify(bar));
    await tab.prove(`progress_of_${total}`);
  });
}

page_test("without JavaScript the page shows its sentence and nothing else", async ({ address, context }) => {
  const tab = await Tab.open(context, address);
  await tab.page.locator(".no_script").waitFor();
  const shown = await tab.page.locator("body > *").evaluateAll((parts) => parts.filter((part) => part.getClientRects().length > 0 && part.tagName !== "NOSCRIPT").map(({ tagName }) => tagName));
  assert.deepEqual(shown, []);
  await tab.screenshot("no_script");
}, { javaScriptEnabled: false });
