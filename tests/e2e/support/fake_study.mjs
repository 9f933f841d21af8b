import { test } from "node:test";

import { FakeServer } from "../../js/support/fake_server.mjs";
import { in_context, launch } from "./browser.mjs";

const STATIC = process.env.TELLINA_STATIC ?? new URL("../../../build/share/tellina/static/", import.meta.url).pathname;

const DESCRIPTION = `Sort the **photos** in \`inbox\` into a folder for each year.

- keep their names
- leave <b>no markup</b> as text

\`\`\`
photos/2023/beach.jpg
\`\`\`
The [manual](https://example.org/mv) of \`mv\` may help.`;

const STUDY = {
  state: "ready",
  state_number: 1,
  task: { number: 1, total: 3, type: "filesystem", description: DESCRIPTION, duration_in_seconds: 90, time_left_in_seconds: null },
  previous: null,
};

/** @typedef {{server: FakeServer, address: string, context: import("playwright-core").BrowserContext}} Parts */

/**
 * Tests of the page alone with a fake server: each in a new browser context and with its own study.
 * @returns {(name: string, body: (parts: Parts) => Promise<void>, options?: import("playwright-core").BrowserContextOptions) => void}
 */
export function page_tests() {
  /** @type {Promise<import("playwright-core").Browser> | undefined} */
  let browser;
  test.before(() => (browser = launch()));
  test.after(async () => (await browser)?.close());
  return (name, body, options = {}) =>
    test(name, { timeout: 300_000 }, async () => {
      const server = new FakeServer(STATIC, structuredClone(STUDY));
      const address = await server.start();
      const log = () => server.messages.map((message) => JSON.stringify(message)).join("\n");
      const all_options = { viewport: { width: 1280, height: 720 }, reducedMotion: /** @type {const} */ ("reduce"), ...options };
      try {
        await in_context(/** @type {import("playwright-core").Browser} */ (await browser), { name, log, options: all_options }, (context) =>
          body({ server, address, context }),
        );
      } finally {
        await server.stop();
      }
    });
}

/** Starts a task; by default the first one. @param {import("./browser.mjs").Tab} tab @param {string} [card] Name of the card in front. */
export async function start(tab, card = "start") {
  await tab.card(card);
  await tab.press(card === "start" ? "Start" : "Start the next task");
  await tab.terminal();
  await tab.shows(/\$/);
}
