import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const PROGRAM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SCREENSHOTS = new URL("../../../build/screenshots/", import.meta.url).pathname;

/** How long a test waits for what must come, in milliseconds: long, as a machine that is busy takes its time. */
export const PATIENCE = 60_000;

/** The program that finds barriers. */
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @returns {Promise<import("playwright-core").Browser>} Fails when there is no Chromium. */
export function launch() {
  return chromium.launch({
    executablePath: PROGRAM,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** One tab, and what a participant does and sees in it. */
export class Tab {
  /** What the page said on the console, and errors that nobody caught. @type {string[]} */
  complaints = [];
  /** Addresses of other servers that the page asked for anything. @type {string[]} */
  foreign_requests = [];

  /** @param {import("playwright-core").Page} page @param {string} address Of the server. */
  constructor(page, address) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE);
    page.on("console", (message) => this.complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.complaints.push(`uncaught: ${error.message}`));
    const host = new URL(address).host;
    page.on("request", (request) => {
      if (new URL(request.url()).host !== host) this.foreign_requests.push(request.url());
    });
  }

  /** @param {import("playwright-core").BrowserContext} context @param {string} address @param {string} [query] */
  static async open(context, address, query = "?access_code=bob") {
    const tab = new Tab(await context.newPage(), address);
    await tab.page.goto(`${address}/static/html/index.html${query}`);
    return tab;
  }

  /** @param {string} name Of the connection's status. */
  async connection(name) {
    await this.page.waitForSelector(`body[data-connection="${name}"]`);
  }

  /** @param {string} name Of the card that is to be in front. */
  async card(name) {
    await this.page.waitForSelector(`dialog[open][data-card="${name}"]`);
  }

  /** The terminal is in front, and what is typed goes there. */
  async terminal() {
    await this.page.waitForSelector('body[data-state="running"][data-connection="connected"]');
    await this.page.waitForFunction(() => document.querySelector("dialog[open]") === null);
    await this.page.waitForFunction(() => document.activeElement?.closest("#terminal") !== null);
  }

  /** @param {string} name A button's text: of the card in front, where there is one. */
  async press(name) {
    const card = this.page.locator("dialog[open]").last();
    const place = (await card.count()) > 0 ? card : this.page.locator("body");
    await place.getByRole("button", { name, exact: true }).click();
  }

  /** What the terminal shows, a line for each row. @returns {Promise<string>} */
  text() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll(".xterm-rows > div")].map((row) => (row.textContent ?? "").replaceAll("\u00a0", " ").trimEnd()).join("\n"),
    );
  }

  /**
   * Waits until the terminal shows it.
   * @param {RegExp | string} expected A string is all of the screen.
   */
  async shows(expected) {
    const end = Date.now() + PATIENCE;
    const is_there = (/** @type {string} */ shown) => (typeof expected === "string" ? shown === expected : expected.test(shown));
    let text = await this.text();
    while (!is_there(text)) {
      if (Date.now() > end) throw new Error(`the terminal does not show ${expected} after ${PATIENCE} ms but:\n${text}`);
      await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined))));
      text = await this.text();
    }
  }

  /** @param {string} keys Enter is \n. */
  async type(keys) {
    await this.page.keyboard.type(keys);
  }

  /** As if it came from the clipboard. @param {string} text */
  async paste(text) {
    await this.page.locator("#terminal textarea").evaluate((textarea, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", pasted);
      textarea.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  }

  /** @param {string} name */
  async screenshot(name) {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: "disabled" });
  }

  /** As the page is now: a picture of it and no barrier in it, in light and in dark. @param {string} name */
  async prove(name) {
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await this.screenshot(`${name}_${colorScheme}`);
      assert.deepEqual(await this.#barriers(), [], `${name}, ${colorScheme}`);
    }
  }

  /** What axe finds, all of its rules. @returns {Promise<string[]>} */
  async #barriers() {
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      const { violations, passes } = await /** @type {any} */ (window).axe.run(document, { resultTypes: ["violations"] });
      if (passes.length < 10) return ["axe looked at nothing"];
      return violations.flatMap((/** @type {any} */ { id, nodes }) =>
        nodes.map((/** @type {any} */ { target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
      );
    });
  }
}
