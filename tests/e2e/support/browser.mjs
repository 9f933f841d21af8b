import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** Chromium without a user interface, which needs a third of the CPU time to open a page. */
const PROGRAM = process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell";
/** Folder of the screenshots. */
export const SCREENSHOTS = new URL("../../../build/screenshots/", import.meta.url).pathname;

/** In milliseconds. Deadline of every wait; long, for busy machines. */
export const WAIT_TIMEOUT = 60_000;

/** axe-core, which finds accessibility problems. */
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @param {string[]} [options] More options for Chromium. @returns {Promise<import("playwright-core").Browser>} Rejected if there is no Chromium. */
export function launch(options = []) {
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
      ...options,
    ],
  });
}

/** Console messages of a network that is down. */
export const NO_CONNECTION = /^(?:error|warning): (?:WebSocket connection to .* failed|Failed to load resource: net::ERR_)/;

/** @type {WeakMap<import("playwright-core").BrowserContext, Tab[]>} */
const tabs_of = new WeakMap();

/**
 * Runs a test in a new browser context. It fails if a tab logged a console message that the test does not expect. After a
 * failure, screenshots, console messages and the server's log are kept beside the screenshots.
 * @param {import("playwright-core").Browser} browser
 * @param {{name: string, log: () => string, options?: import("playwright-core").BrowserContextOptions}} what
 * @param {(context: import("playwright-core").BrowserContext) => Promise<void>} body
 */
export async function in_context(browser, { name, log, options }, body) {
  const context = await browser.newContext(options);
  /** @type {Tab[]} */
  const tabs = [];
  tabs_of.set(context, tabs);
  try {
    await body(context);
    for (const tab of tabs) assert.deepEqual(tab.unexpected_messages, []);
  } catch (error) {
    await keep_evidence(name, tabs, log());
    throw error;
  } finally {
    await context.close();
  }
}

/** @param {string} name Of the test that failed. @param {Tab[]} tabs @param {string} log */
async function keep_evidence(name, tabs, log) {
  const place = `test_failed_${name.replaceAll(/\W+/g, "_").slice(0, 80)}`;
  for (const [index, tab] of tabs.entries()) await tab.screenshot(`${place}_${index + 1}`).catch(() => {});
  const said = tabs.map(({ console_messages }, index) => `tab ${index + 1}:\n${console_messages.join("\n")}\n`);
  await mkdir(SCREENSHOTS, { recursive: true });
  await writeFile(join(SCREENSHOTS, `${place}.log`), `${said.join("\n")}\nserver:\n${log}\n`);
}

/** A tab, with the actions and the view of a participant. */
export class Tab {
  /** The page's console messages, and uncaught errors. @type {string[]} */
  console_messages = [];
  /** Messages that the test expects. @type {RegExp[]} */
  expected_messages = [];
  /** Addresses of other servers to which the page sent requests. @type {string[]} */
  foreign_requests = [];

  /** @param {import("playwright-core").Page} page @param {string} address Of the server. */
  constructor(page, address) {
    this.page = page;
    page.setDefaultTimeout(WAIT_TIMEOUT);
    page.on("console", (message) => this.console_messages.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.console_messages.push(`uncaught: ${error.message}`));
    const host = new URL(address).host;
    page.on("request", (request) => {
      if (new URL(request.url()).host !== host) this.foreign_requests.push(request.url());
    });
  }

  get unexpected_messages() {
    return this.console_messages.filter((message) => !this.expected_messages.some((expected) => expected.test(message)));
  }

  /** Opens an empty tab. @param {import("playwright-core").BrowserContext} context @param {string} address */
  static async blank(context, address) {
    const tab = new Tab(await context.newPage(), address);
    tabs_of.get(context)?.push(tab);
    return tab;
  }

  /** @param {import("playwright-core").BrowserContext} context @param {string} address @param {string} [query] */
  static async open(context, address, query = "?access_code=bob") {
    const tab = await Tab.blank(context, address);
    await tab.page.goto(`${address}/static/html/index.html${query}`);
    return tab;
  }

  /** @param {string} name Name of a connection status. */
  async connection(name) {
    await this.page.waitForSelector(`body[data-connection="${name}"]`);
  }

  /** @param {string} name Name of the front dialog or of the plain page. */
  async card(name) {
    await this.page.waitForSelector(`:is(dialog[open], #screen:not([hidden]))[data-card="${name}"]`);
  }

  /** Continues from a solved task to the next page. @param {string} [next] Of that page. */
  async solved(next = "passed") {
    await this.page.locator("#solved button").click();
    await this.card(next);
  }

  /** Waits until the terminal is in front and has the focus. */
  async terminal() {
    await this.page.waitForSelector('body[data-state="running"][data-connection="connected"]');
    await this.page.waitForFunction(() => document.querySelector("dialog[open]") === null && document.body.dataset.view === "work");
    await this.page.waitForFunction(() => document.activeElement?.closest("#terminal") !== null);
  }

  /** @param {string} name Text of a button: in the front dialog, if one is open. */
  async press(name) {
    const card = this.page.locator("dialog[open]").last();
    const place = (await card.count()) > 0 ? card : this.page.locator("body");
    await place.getByRole("button", { name, exact: true }).click();
  }

  /** @returns {Promise<string>} Name, id or text of the focused element. */
  focused() {
    return this.page.evaluate(() => {
      const { activeElement: active } = document;
      return active?.getAttribute("name") ?? (active?.id || active?.textContent || "");
    });
  }

  /** Presses Tab until an element has the focus. @param {string} name Its name, id or text. */
  async tab_to(name) {
    const seen = [];
    while (seen.at(-1) !== name) {
      assert.ok(seen.length < 40, `Tab does not reach ${name}: ${seen.join(", ")}`);
      await this.page.keyboard.press("Tab");
      seen.push((await this.focused()).slice(0, 80));
    }
  }

  /** Presses keys, one after another. @param {string[]} keys */
  async keys(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** The terminal's text, one line for each row. @returns {Promise<string>} */
  text() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll(".xterm-rows > div")].map((row) => (row.textContent ?? "").replaceAll("\u00a0", " ").trimEnd()).join("\n"),
    );
  }

  /**
   * Waits until the terminal shows it.
   * @param {RegExp | string} expected A string is compared with the whole screen.
   */
  async shows(expected) {
    const end = Date.now() + WAIT_TIMEOUT;
    const is_there = (/** @type {string} */ shown) => (typeof expected === "string" ? shown === expected : expected.test(shown));
    let text = await this.text();
    while (!is_there(text)) {
      if (Date.now() > end) throw new Error(`the terminal does not show ${expected} after ${WAIT_TIMEOUT} ms but:\n${text}`);
      await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined))));
      text = await this.text();
    }
  }

  /** @param {string} keys Enter is \n. */
  async type(keys) {
    await this.page.keyboard.type(keys);
  }

  /** Pastes a text as if from the clipboard. @param {string} text */
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

  /** Takes screenshots of the page in light and dark, and checks that axe finds no problem. @param {string} name */
  async prove(name) {
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await this.screenshot(`${name}_${colorScheme}`);
      assert.deepEqual(await this.#barriers(), [], `${name}, ${colorScheme}`);
    }
  }

  /** Violations of all axe rules, and elements whose contrast axe cannot determine. @returns {Promise<string[]>} */
  async #barriers() {
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      const { axe } = /** @type {any} */ (window);
      const { violations, incomplete, passes } = await axe.run(document, { resultTypes: ["violations", "incomplete"] });
      if (passes.length < 10) return ["axe looked at nothing"];
      // At the edge of a scrolling text, elements are cut. Larger windows decide the same elements.
      const is_cut = (/** @type {Element | null | undefined} */ place) => place && (place.scrollHeight > place.clientHeight || place.scrollWidth > place.clientWidth);
      const is_covered = (/** @type {any} */ { any, target }) =>
        ["bgOverlap", "elmPartiallyObscured", "shortTextContent"].includes(any[0]?.data?.messageKey) && is_cut(document.querySelector(target[0])?.closest(".table, pre, .card_text, .task_text"));
      // Rows of the terminal below a banner are decided in tests without a banner.
      const has_banner = [...document.querySelectorAll("#banners > *, #connection")].some((banner) => banner.checkVisibility());
      const is_below = (/** @type {any} */ { any, target }) => has_banner && any[0]?.data?.messageKey === "bgOverlap" && document.querySelector(target[0])?.closest(".xterm-rows") !== null;
      // axe cannot decide banners over different backgrounds. They are checked again with the terminal hidden.
      const is_banner = (/** @type {any} */ { target }) => document.querySelector(target[0])?.closest("#banners") !== null;
      const look_at_banners = async (/** @type {HTMLElement} */ terminal) => {
        const focused = /** @type {HTMLElement | null} */ (document.activeElement);
        terminal.style.visibility = "hidden";
        const banners = await axe.run("#banners", { runOnly: ["color-contrast"], resultTypes: ["incomplete"] });
        terminal.style.removeProperty("visibility");
        focused?.focus();
        return banners.incomplete;
      };
      const terminal = /** @type {HTMLElement | null} */ (document.querySelector("#terminal"));
      const of_banners = terminal === null ? [] : await look_at_banners(terminal);
      // xterm.js puts an invisible accessibility tree over its rows.
      const speaks = document.querySelector(".xterm-accessibility") !== null;
      const is_spoken = (/** @type {any} */ { target }) => speaks && document.querySelector(target[0])?.closest(".xterm") !== null;
      const undecided = incomplete
        .filter((/** @type {any} */ { id }) => id === "color-contrast")
        .map((/** @type {any} */ { id, nodes }) => ({ id, nodes: nodes.filter((/** @type {any} */ node) => !is_covered(node) && !is_spoken(node) && !is_banner(node) && !is_below(node)) }));
      return [...violations, ...undecided, ...of_banners].flatMap((/** @type {any} */ { id, nodes }) =>
        nodes.map((/** @type {any} */ { target, failureSummary, any }) => `${id} ${target}: ${failureSummary} ${(any[0]?.relatedNodes ?? []).map((/** @type {any} */ node) => node.html)}`),
      );
    });
  }
}
