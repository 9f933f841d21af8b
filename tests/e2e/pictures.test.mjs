import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { in_context, launch, NO_CONNECTION, Tab, WAIT_TIMEOUT } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

/** @param {string} kind @param {Buffer} data @returns {Buffer} A chunk of a PNG file. */
function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(checksum(body));
  return Buffer.concat([length, body, sum]);
}

/** CRC-32 of PNG; Node.js has it only since version 22. @param {Buffer} bytes */
function checksum(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; ++bit) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return (rest ^ 0xffffffff) >>> 0;
}

/** A PNG picture: boxes of a colour, on a transparent background. @param {number} width @param {number} height @param {number[]} colour */
function png(width, height, colour) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6], 8); // 8 bits each of red, green, blue and opacity
  const rows = Buffer.alloc((width * 4 + 1) * height);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const is_drawn = (x % 200 < 150 && y % 100 < 60) || (y % 100 >= 28 && y % 100 < 32);
      if (is_drawn) rows.set([...colour, 255], y * (width * 4 + 1) + 1 + x * 4);
    }
  }
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/** @param {Buffer} content @param {string} name */
const address = (content, name) => `/study/${createHash("sha256").update(content).digest("hex").slice(0, 32)}/${encodeURIComponent(name)}`;

const MAP = png(2000, 600, [20, 60, 140]);
const SMALL = png(300, 100, [150, 40, 20]);
const LATER = png(250, 100, [60, 60, 60]);
const CHANGED = png(350, 100, [20, 120, 40]);

/** @param {Tab} tab @param {string} alternative */
const picture = (tab, alternative) => tab.page.getByRole("img", { name: alternative });

/** Waits until the browser has decoded the picture, and returns its width in the file. @param {Tab} tab @param {string} alternative */
async function width_of(tab, alternative) {
  const place = picture(tab, alternative);
  await place.waitFor();
  return place.evaluate(async (/** @type {HTMLImageElement} */ image) => {
    await image.decode();
    return image.naturalWidth;
  });
}

/** @param {Tab} tab */
async function fits_in_width(tab) {
  assert.equal(await tab.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
  for (const image of await tab.page.getByRole("img").all()) {
    const fits = await image.evaluate((element) => element.getBoundingClientRect().right <= innerWidth && element.getBoundingClientRect().width > 0);
    assert.equal(fits, true, await image.evaluate((element) => element.outerHTML));
  }
}

for (const [layer, viewport] of /** @type {const} */ ([
  ["memory", { width: 1280, height: 720 }],
  ["ipc", { width: 320, height: 640 }],
])) {
  test(`pictures are shown on a page and beside the terminal, at ${viewport.width} pixels with ${layer}`, { timeout: 400_000 }, async () => {
    const browser = await launch();
    const program = await Program.prepare((config) => {
      config.channel_layer = { plugin: layer };
      config.workers = 1;
      config.task_duration_in_seconds = 600;
      config.access_codes = ["bob", "eve"];
      config.tasks = [
        {
          type: "stdout",
          description: "Print the name of the red box.\n\n![The boxes and their names](small.png)\n\n![Elsewhere](https://example.org/a.png)",
          answer: "none",
        },
        { type: "stdout", description: "![The boxes of the end](later.png)", answer: "two" },
      ];
      config.flow = [{ page: { file: "page.md" } }, { tasks: "*" }];
    });
    const { folder } = program;
    await writeFile(join(folder, "page.md"), '# The map\n\n![A map of the folders](<the map.png> "The folders")\n\n`![code](none.png)`\n');
    await writeFile(join(folder, "the map.png"), MAP);
    await writeFile(join(folder, "small.png"), SMALL);
    await writeFile(join(folder, "later.png"), LATER);
    try {
      await program.start();
      const options = { viewport, reducedMotion: /** @type {const} */ ("reduce") };
      await in_context(browser, { name: `pictures_${viewport.width}`, log: () => program.log, options }, async (context) => {
        const tab = await Tab.open(context, program.address);
        tab.expected_messages.push(NO_CONNECTION);
        await tab.card("page");
        assert.equal(await width_of(tab, "A map of the folders"), 2000);
        assert.equal(await picture(tab, "A map of the folders").getAttribute("src"), address(MAP, "the map.png"));
        assert.equal(await tab.page.getByText("![code](none.png)").count(), 1);
        await fits_in_width(tab);
        await tab.prove(`pictures_page_${viewport.width}`);
        await tab.press("Continue");

        await tab.card("start");
        await tab.press("Start");
        await tab.terminal();
        assert.equal(await width_of(tab, "The boxes and their names"), 300);
        assert.equal(await tab.page.locator("#description img").count(), 1, "pictures of other sites are not shown");
        await fits_in_width(tab);
        await tab.prove(`pictures_task_${viewport.width}`);

        // A task that nobody has started may get another picture. The one of before is still there, for pages with the old text.
        await writeFile(join(folder, "later.png"), CHANGED);
        assert.equal((await fetch(program.address + address(CHANGED, "later.png"))).status, 404);
        program.process?.kill("SIGHUP");
        const end = Date.now() + WAIT_TIMEOUT;
        while (!program.log.includes("was reloaded")) {
          await new Promise((resolve) => setImmediate(resolve));
          assert.ok(Date.now() < end, program.log);
        }
        await tab.type("echo none\n");
        await tab.solved();
        await tab.press("Start the next task");
        await tab.terminal();
        assert.equal(await width_of(tab, "The boxes of the end"), 350);
        const old = await fetch(program.address + address(LATER, "later.png"));
        assert.deepEqual([old.status, old.headers.get("content-type")], [200, "image/png"]);
        assert.ok(Buffer.from(await old.arrayBuffer()).equals(LATER));
        assert.deepEqual(tab.foreign_requests, []);
      });
    } finally {
      await program.clean_up();
      await browser.close();
    }
  });
}
