import { after, before, test } from "node:test";

import { in_context, launch, Tab } from "./browser.mjs";
import { Network } from "./network.mjs";
import { Program } from "./program.mjs";

export const TIMEOUT = 400_000;

/** Tests with the real server: one server for all stories of a file, and one participant for each story. */
export class Stories {
  browser = /** @type {import("playwright-core").Browser} */ (/** @type {unknown} */ (undefined));
  program = /** @type {Program} */ (/** @type {unknown} */ (undefined));
  /** The network between pages and server. */
  network = /** @type {Network} */ (/** @type {unknown} */ (undefined));
  #address_over_network = "";

  /** @param {string[]} access_codes */
  constructor(access_codes) {
    before(async () => {
      this.program = await Program.prepare((config) => {
        config.task_duration_in_seconds = 600;
        config.access_codes = access_codes;
      });
      [this.browser] = await Promise.all([launch(), this.program.start()]);
      this.network = new Network(this.program.address);
      this.#address_over_network = await this.network.open();
    });
    after(async () => {
      await this.browser?.close();
      await this.network?.close();
      await this.program?.clean_up();
    });
  }

  /**
   * @param {import("playwright-core").BrowserContext} context
   * @param {string} access_code
   */
  open(context, access_code) {
    return Tab.open(context, this.#address_over_network, `?access_code=${access_code}`);
  }

  /**
   * @param {string} name
   * @param {string} access_code
   * @param {(tab: Tab, context: import("playwright-core").BrowserContext) => Promise<void>} body Called with the first task started.
   */
  story(name, access_code, body) {
    test(name, { timeout: TIMEOUT }, async () => {
      const options = { viewport: { width: 1280, height: 720 }, reducedMotion: /** @type {const} */ ("reduce") };
      const begin = async (/** @type {import("playwright-core").BrowserContext} */ context) => {
        const tab = await this.open(context, access_code);
        await tab.card("start");
        await tab.press("Start");
        await tab.terminal();
        await tab.shows(/\$ *$/m);
        await body(tab, context);
      };
      try {
        await in_context(this.browser, { name, log: () => this.program.log, options }, begin);
      } finally {
        this.network.restore();
      }
    });
  }
}
