import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { in_context, launch, NO_CONNECTION, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";
import { Proxy } from "./support/proxy.mjs";
import { TIMEOUT } from "./support/stories.mjs";

/** The server behind reverse proxies with correct and wrong setups, and browsers without cookies. */

/** @import { ProxySetup } from "./support/proxy.mjs" */

/** Not a local name, so that Chromium treats pages without HTTPS as it does on the internet. */
const HOST = "study.example";

const NO_HTTPS = /Cross-Origin-Opener-Policy header has been ignored, because the URL's origin was untrustworthy/;

const SIZES = [
  { width: 1280, height: 720 },
  { width: 1024, height: 768 },
  { width: 820, height: 1180 },
  { width: 320, height: 640 },
];

/** @type {import("playwright-core").Browser} */
let browser;
/** At the root; trusts no proxy. @type {Program} */
let plain;
/** Below /study; trusts proxies on this machine. @type {Program} */
let below;

before(async () => {
  const codes = Array.from({ length: 20 }, (_, index) => `code-${index}`);
  plain = await Program.prepare((config) => {
    Object.assign(config, { task_duration_in_seconds: 600, access_codes: codes });
    config.server = { hosts: [HOST, "127.0.0.1"] };
  });
  below = await Program.prepare((config) => {
    Object.assign(config, { task_duration_in_seconds: 600, access_codes: codes });
    config.server = { base_path: "/study", trusted_proxies: ["127.0.0.1"] };
  });
  [browser] = await Promise.all([launch([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]), plain.start(), below.start()]);
});

after(async () => {
  await browser?.close();
  await plain?.clean_up();
  await below?.clean_up();
});

/**
 * @typedef {object} Parts
 * @property {string} address Address of the proxy.
 * @property {import("playwright-core").BrowserContext} context
 * @property {Program} program
 */

/**
 * @param {string} name
 * @param {() => Program} program Asked once it runs.
 * @param {ProxySetup} setup
 * @param {(parts: Parts) => Promise<void>} body
 */
function proxy_test(name, program, setup, body) {
  test(name, { timeout: TIMEOUT }, async () => {
    const proxy = new Proxy(program().address.replace(/\/study$/, ""), setup);
    const address = `http://${HOST}:${await proxy.open()}`;
    const options = { viewport: SIZES[0], reducedMotion: /** @type {const} */ ("reduce") };
    try {
      await in_context(browser, { name, log: () => program().log, options }, (context) => body({ address, context, program: program() }));
    } finally {
      await proxy.close();
    }
  });
}

let codes_used = 0;

/** Opens a tab for a new participant. @param {import("playwright-core").BrowserContext} context @param {string} address */
async function open(context, address) {
  const tab = await Tab.open(context, address, `?access_code=code-${codes_used++}`);
  tab.expected_messages.push(NO_CONNECTION, /status of 40[134]/, /Blocked attempt to show a 'beforeunload'/, NO_HTTPS);
  tab.page.on("dialog", (dialog) => void dialog.accept());
  return tab;
}

/** @param {Tab} tab @param {string} word */
async function use(tab, word) {
  await tab.page.bringToFront();
  await tab.terminal();
  await tab.shows(/\$ *$/m);
  await tab.type(`echo ${word}-$((6*7))\n`);
  await tab.shows(new RegExp(`^${word}-42$`, "m"));
}

/** @param {Tab} tab @param {string} word */
async function take_part(tab, word) {
  await tab.card("start");
  await tab.press("Start");
  await use(tab, word);
}

/** The card in front at every size, in light and in dark: inside the window, with its button, and without a barrier. @param {Tab} tab @param {string} name */
async function prove_sizes(tab, name) {
  for (const viewport of SIZES) {
    await tab.page.setViewportSize(viewport);
    const { x, y } = await tab.page.evaluate(() => ({ x: document.documentElement.scrollWidth - innerWidth, y: document.documentElement.scrollHeight - innerHeight }));
    assert.deepEqual([x <= 0, y <= 0], [true, true], `at ${viewport.width} the page is larger than the window by ${x} x ${y} pixels`);
    const button = await tab.page.locator("#screen footer button").boundingBox();
    assert.ok(button !== null && button.x >= 0 && button.y >= 0 && button.x + button.width <= viewport.width && button.y + button.height <= viewport.height, `at ${viewport.width} the button is out of sight`);
    await tab.prove(`layout_${viewport.width}_${name}`);
  }
}

/** @param {Tab} tab @returns {Promise<string>} */
const words_of_card = async (tab) => (await tab.page.locator("#screen").textContent()) ?? "";

const as_https = { headers: { "X-Forwarded-Proto": "https" } };

proxy_test("Chromium keeps no cookie: the page says so, and keeps saying so", () => below, as_https, async ({ address, context, program }) => {
  // The proxy claims HTTPS, so the cookie is Secure, and Chromium refuses such a cookie over HTTP.
  const tab = await open(context, `${address}/study`);
  await tab.card("cookies");
  assert.deepEqual(await context.cookies(), [], "Chromium blocks the cookie");
  assert.match(await words_of_card(tab), /This study needs cookies.*Allow cookies for this site/);
  assert.match(program.log, /no session cookie: .*its browser blocks cookies/);
  await prove_sizes(tab, "cookies");
  await tab.press("Try again");
  await tab.page.waitForFunction(() => document.querySelector("#screen footer button:not([aria-disabled=true])") !== null);
  await tab.card("cookies");
});

proxy_test("no cookie gets through in either direction", () => plain, { passes_cookies: false }, async ({ address, context }) => {
  const tab = await open(context, address);
  await tab.card("cookies");
  assert.deepEqual(await context.cookies(), []);
});

test("below a path, a page that was opened without it gets no cookie back", { timeout: TIMEOUT }, async () => {
  const options = { viewport: SIZES[0], reducedMotion: /** @type {const} */ ("reduce") };
  await in_context(browser, { name: "without the path", log: () => below.log, options }, async (context) => {
    const tab = await open(context, below.address.replace(/\/study$/, ""));
    await tab.card("cookies");
    assert.deepEqual([...new Set((await context.cookies()).map(({ path }) => path))], ["/study/"], "the browser keeps the cookie for another path");
  });
});

proxy_test("a proxy that replaces Host, and is not believed", () => plain, { replaces_host: true }, async ({ address, context, program }) => {
  const tab = await open(context, address);
  await tab.card("wrong_address");
  assert.match(await words_of_card(tab), new RegExp(`The server refuses pages from ${address}\\..*a mistake in the setup of the study, not yours`));
  assert.match(program.log, new RegExp(`a page of "${address}" was refused because the request's Host is "127\\.0\\.0\\.1:\\d+"`));
  await prove_sizes(tab, "wrong_address");
});

proxy_test("a proxy that replaces Host and says in X-Forwarded-Host which it was", () => below, { replaces_host: true, tells_host: true }, async ({ address, context }) => {
  const tab = await open(context, `${address}/study`);
  await take_part(tab, "forwarded");
});

for (const [name, map_path] of /** @type {[string, (path: string) => string | null][]} */ ([
  ["passed on", (path) => (path.startsWith("/study/") ? path : null)],
  ["cut off", (path) => (path.startsWith("/study/") ? path.slice("/study".length) : null)],
])) {
  proxy_test(`below a path that is ${name}: two participants in one browser work, and reload`, () => below, { map_path }, async ({ address, context }) => {
    const word = name.replace(" ", "-");
    const one = await open(context, `${address}/study`);
    await take_part(one, `one-${word}`);
    const other = await open(context, `${address}/study`);
    await take_part(other, `other-${word}`);
    for (const [tab, again] of /** @type {const} */ ([[one, "one-again"], [other, "other-again"]])) {
      await tab.page.reload();
      await use(tab, again);
    }
    assert.doesNotMatch(await one.text(), /other-/);
    assert.deepEqual([...new Set((await context.cookies()).map(({ path }) => path))], ["/study/"]);
    const outside = await Tab.blank(context, address);
    outside.expected_messages.push(/status of 404/, NO_HTTPS);
    assert.equal((await outside.page.goto(`${address}/`))?.status(), 404, "the host's other paths are not the study's");
  });
}

/** The proxy maps only the page's files. @type {[string, (path: string) => string | null, RegExp | null][]} */
const MAPPED_BY_HALF = [
  ["the proxy", (path) => (path.startsWith("/study/static/") ? path.slice("/study".length) : null), null],
  ["the server", (path) => path.replace("/study/static/", "/static/"), /no such path: "\/study\/api\/v1\/\w+" \(404\); .*set server\.base_path to it/],
];

for (const [who, map_path, logged] of MAPPED_BY_HALF) {
  proxy_test(`a page below a path that ${who} does not know`, () => plain, { map_path }, async ({ address, context, program }) => {
    const tab = await open(context, `${address}/study`);
    await tab.card("not_found");
    assert.match(await words_of_card(tab), new RegExp(`The server at ${address} answers, but the study is not there\\..*Check your link`));
    if (logged !== null) assert.match(program.log, logged);
    await prove_sizes(tab, `not_found_by_${who.replace("the ", "")}`);
  });
}

proxy_test("a proxy that passes no WebSocket on", () => plain, { passes_upgrades: false }, async ({ address, context }) => {
  const tab = await open(context, address);
  await tab.page.getByText("The server answers, but something on the network blocks the live connection (WebSocket). Trying again…").first().waitFor();
});
