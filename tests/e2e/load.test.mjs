import assert from "node:assert/strict";
import { test } from "node:test";

import { in_context, launch, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

/** A browser loads six files at a time; others would wait. */
const MOST_FILES = 6;

test("the page loads few files, none only after another, and only itself on reload", { timeout: 400_000 }, async () => {
  const program = await Program.prepare();
  const browser = await launch();
  try {
    await program.start();
    await in_context(browser, { name: "load", log: () => program.log }, async (context) => {
      const tab = await Tab.blank(context, program.address);
      const devtools = await context.newCDPSession(tab.page);
      await devtools.send("Network.enable");
      /** @type {{path: string, initiator: string}[]} */
      let asked = [];
      /** @type {Map<string, string>} */
      const kept_by = new Map();
      const path_of = (/** @type {string} */ url) => new URL(url).pathname;
      devtools.on("Network.requestWillBeSent", ({ request, initiator }) => asked.push({ path: path_of(request.url), initiator: initiator.type }));
      devtools.on("Network.responseReceived", ({ response }) => {
        if (response.fromDiskCache) asked = asked.filter(({ path }) => path !== path_of(response.url));
        else kept_by.set(path_of(response.url), response.headers["Cache-Control"]);
      });
      devtools.on("Network.requestServedFromCache", () => asked.pop());
      const page = "/static/html/index.html";
      const files = () => asked.filter(({ path }) => path.startsWith("/static/") && path !== page);

      await tab.page.goto(`${program.address}${page}?access_code=bob`);
      await tab.card("start");
      assert.equal(kept_by.get(page), "no-cache");
      assert.ok(files().length >= 3 && files().length <= MOST_FILES, JSON.stringify(files()));
      for (const { path, initiator } of files()) {
        assert.match(path, /^\/static\/v-[0-9a-f]{16}\//);
        assert.equal(kept_by.get(path), "public, max-age=31536000, immutable", path);
        // Pictures are loaded when they are shown.
        if (!path.endsWith(".svg")) assert.equal(initiator, "parser", path);
      }

      asked = [];
      await tab.page.reload();
      await tab.card("start");
      assert.deepEqual(files(), []);
      assert.ok(asked.some(({ path }) => path === page), "a new version is found at the next load");

      for (const file of ["js/app/main.js", "css/page_styles.css", "images/icon.svg"]) {
        const { status, headers } = await fetch(`${program.address}/static/${file}`);
        assert.deepEqual([status, headers.get("Cache-Control")], [200, "no-cache"], file);
      }
    });
  } finally {
    await browser.close();
    await program.clean_up();
  }
});
