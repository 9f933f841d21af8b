import assert from "node:assert/strict";
import { test } from "node:test";

import { in_context, launch, Tab, WAIT_TIMEOUT } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

/** A browser loads six files at a time; others would wait. */
const MOST_FILES = 6;

/** The requests of a tab, by their identifiers. */
class Requests {
  /** @type {Map<string, {path: string, initiator: string, kept?: string, answer: "none" | "network" | "cache"}>} */
  #all = new Map();

  /** @param {import("playwright-core").CDPSession} devtools */
  constructor(devtools) {
    devtools.on("Network.requestWillBeSent", ({ requestId, request, initiator }) => {
      this.#all.set(requestId, { path: new URL(request.url).pathname, initiator: initiator.type, answer: "none" });
    });
    devtools.on("Network.requestServedFromCache", ({ requestId }) => this.#answer(requestId, "cache"));
    devtools.on("Network.responseReceived", ({ requestId, response }) => {
      this.#answer(requestId, response.fromDiskCache ? "cache" : "network", response.headers["Cache-Control"]);
    });
  }

  /** @param {string} id @param {"network" | "cache"} from @param {string} [kept] */
  #answer(id, from, kept) {
    const request = this.#all.get(id);
    if (request && request.answer !== "cache") Object.assign(request, { answer: from, kept });
  }

  forget() {
    this.#all.clear();
  }

  /** Those that reached the network. */
  sent() {
    return [...this.#all.values()].filter(({ answer }) => answer !== "cache");
  }

  /** Waits for the answers to all requests for static files. */
  async static_files_answered() {
    const end = Date.now() + WAIT_TIMEOUT;
    while (this.sent().some(({ path, answer }) => path.startsWith("/static/") && answer === "none")) {
      assert.ok(Date.now() < end, JSON.stringify(this.sent()));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

test("the page loads few files, none only after another, and only itself on reload", { timeout: 400_000 }, async () => {
  const program = await Program.prepare();
  const browser = await launch();
  try {
    await program.start();
    await in_context(browser, { name: "load", log: () => program.log }, async (context) => {
      const tab = await Tab.blank(context, program.address);
      const devtools = await context.newCDPSession(tab.page);
      await devtools.send("Network.enable");
      const requests = new Requests(devtools);
      const page = "/static/html/index.html";
      const files = () => requests.sent().filter(({ path }) => path.startsWith("/static/") && path !== page);

      await tab.page.goto(`${program.address}${page}?access_code=bob`);
      await tab.card("start");
      await requests.static_files_answered();
      assert.equal(requests.sent().find(({ path }) => path === page)?.kept, "no-cache");
      assert.ok(files().length >= 3 && files().length <= MOST_FILES, JSON.stringify(files()));
      for (const { path, initiator, kept } of files()) {
        assert.match(path, /^\/static\/v-[0-9a-f]{16}\//);
        assert.equal(kept, "public, max-age=31536000, immutable", path);
        // Pictures are loaded when they are shown.
        if (!path.endsWith(".svg")) assert.equal(initiator, "parser", path);
      }

      requests.forget();
      await tab.page.reload();
      await tab.card("start");
      await requests.static_files_answered();
      assert.deepEqual(files(), []);
      assert.ok(requests.sent().some(({ path }) => path === page), "a new version is found at the next load");

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
