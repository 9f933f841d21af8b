// The browser's share of the latency, measured in Chromium:   node browser.mjs PAIRS KEYS LOADS FLOOR RESULTS
//
// browser-keys   from keydown until the echo is drawn, in pairs with the bare page (bare_page.mjs); KEYS for each pair
// browser-load   from the start of a load until Start can be pressed, with a round trip of 150 ms; LOADS of each kind
//
// Writes RESULTS/browser-keys.jsonl and RESULTS/browser-load.jsonl in the format of `tellina bench --json`.
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

import { launch } from '../../tests/e2e/support/browser.mjs';
import { Program } from '../../tests/e2e/support/program.mjs';
import { BarePage } from './bare_page.mjs';
import { estimateMedian, quantile } from './statistics.mjs';

/** Number of keys before Enter is pressed. */
const keysInALine = 60;
const roundTripInMilliseconds = 150;

const [pairs, keys, loads] = process.argv.slice(2, 5).map(Number);
const [floor, results] = process.argv.slice(5);
if (!(pairs > 0 && keys > 0 && loads > 0) || results === undefined) {
  console.error('usage: node browser.mjs PAIRS KEYS LOADS FLOOR RESULTS');
  process.exit(2);
}

const machine = `${cpus()[0].model}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;

function write(name, settings, lines) {
  const all = [{ type: 'run', machine, layer: 'memory', policy: 'strict', sandbox: 'chroot', ...settings }, ...lines];
  writeFileSync(join(results, `${name}.jsonl`), all.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Runs in the page: measures for each letter the time until the row with the cursor was drawn longer. */
function watchKeys() {
  const times = (window.keyTimes = []);
  const rows = document.querySelector('.xterm-rows');
  const drawn = () => rows.textContent.replaceAll('\u00a0', ' ').replaceAll(/\s+/g, '').length;
  let pressedAt = 0;
  let before = 0;
  addEventListener('keydown', ({ key }) => {
    if (key.length !== 1) return;
    before = drawn();
    pressedAt = performance.now();
  }, { capture: true });
  new MutationObserver(() => {
    if (pressedAt === 0 || drawn() <= before) return;
    times.push(performance.now() - pressedAt);
    pressedAt = 0;
  }).observe(rows, { childList: true, subtree: true, characterData: true });
}

/** Position of the mouse on both pages, over the terminal: Chromium hit-tests it after each layout. */
const mouse = { x: 700, y: 400 };

/** The same shell command on both pages: the kernel echoes, and no prompt is drawn. */
async function prepare(page) {
  await page.mouse.move(mouse.x, mouse.y);
  await page.locator('#terminal textarea').focus();
  await page.keyboard.type('stty -F /dev/tty echo; clear; exec cat >/dev/null\n');
  await page.waitForFunction(() => document.querySelector('.xterm-rows').textContent.trim() === '');
  await page.evaluate(watchKeys);
}

/** Types keys and returns their times in milliseconds, sorted. */
async function typeKeys(page) {
  await page.bringToFront();
  const taken = [];
  for (let typed = 0; typed < keys; typed += 1) {
    if (typed % keysInALine === 0) await page.keyboard.press('Enter');
    // Intervals are not multiples of a frame, so that keys come at all times within a frame.
    await page.waitForTimeout(23 + ((typed * 7) % 40));
    await page.keyboard.press(String.fromCharCode(97 + (typed % 26)));
    await page.waitForFunction((count) => window.keyTimes.length === count, typed + 1);
  }
  taken.push(...(await page.evaluate(() => window.keyTimes.splice(0))));
  return taken.sort((one, other) => one - other);
}

/** Columns and rows of the page's terminal, as last reported. */
function followSize(page) {
  const size = {};
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => {
    if (typeof payload !== 'string') return;
    const { columns, rows } = JSON.parse(payload);
    if (columns !== undefined) Object.assign(size, { columns, rows });
  }));
  return size;
}

async function measureKeys(browser, address) {
  const bare = await BarePage.open(floor);
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  try {
    const pages = { floor: await context.newPage(), server: await context.newPage() };
    const size = followSize(pages.server);
    await pages.server.goto(`${address}/static/html/index.html?access_code=bob`);
    await pages.server.getByRole('button', { name: 'Start', exact: true }).click();
    await pages.server.waitForFunction(() => document.querySelector('.xterm-rows').textContent.includes('$'));
    // The cost of drawing depends on the number of cells, so both terminals have the same size.
    await pages.floor.goto(`${bare.address}?${new URLSearchParams(size)}`);
    await pages.floor.waitForFunction(() => document.querySelector('.xterm-rows').textContent.includes('$'));
    for (const target of ['floor', 'server']) {
      await pages[target].bringToFront();
      await prepare(pages[target]);
      await typeKeys(pages[target]);
    }
    const samples = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      for (const target of pair % 2 === 0 ? ['floor', 'server'] : ['server', 'floor']) {
        const taken = await typeKeys(pages[target]);
        const values = { keys: taken.length, p50_ms: quantile(taken, 0.5), p95_ms: quantile(taken, 0.95), max_ms: taken.at(-1) };
        samples.push({ type: 'sample', figure: 'key_to_screen', target, pair, values });
      }
    }
    return samples;
  } finally {
    await context.close();
    await bare.close();
  }
}

function summarizeKeys(samples) {
  return ['p50_ms', 'p95_ms', 'max_ms'].map((value) => {
    const of = (target) => samples.filter((sample) => sample.target === target).sort((one, other) => one.pair - other.pair)
      .map(({ values }) => values[value]);
    const [server, bare] = [of('server'), of('floor')];
    const ratio = server.map((milliseconds, pair) => milliseconds / bare[pair]);
    return { type: 'summary', figure: 'key_to_screen', value, server: estimateMedian(server), floor: estimateMedian(bare),
      ratio: estimateMedian(ratio) };
  });
}

/** Runs in the page before its scripts: measures when the Start button can be pressed. */
function watchStart() {
  const look = () => {
    const buttons = [...document.querySelectorAll('button')];
    if (buttons.some((button) => button.textContent === 'Start' && button.checkVisibility())) window.startShown ??= performance.now();
    else requestAnimationFrame(look);
  };
  look();
}

async function measureLoads(browser, address) {
  const samples = [];
  for (let number = 0; number < loads; number += 1) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    const network = { offline: false, latency: roundTripInMilliseconds, downloadThroughput: -1, uploadThroughput: -1 };
    await devtools.send('Network.emulateNetworkConditions', network);
    await page.addInitScript(watchStart);
    const shown = async () => (await page.waitForFunction(() => window.startShown)).jsonValue();
    let requests = 0;
    page.on('request', () => (requests += 1));
    await page.goto(`${address}/static/html/index.html?access_code=bob`);
    const values = { first_ms: await shown(), requests };
    await page.reload();
    values.reload_ms = await shown();
    samples.push({ type: 'sample', figure: 'load', target: 'server', pair: number, values });
    await context.close();
  }
  return samples;
}

function summarizeLoads(samples) {
  return ['first_ms', 'reload_ms', 'requests'].map((value) => ({
    type: 'summary', figure: 'load', value, server: estimateMedian(samples.map(({ values }) => values[value])),
  }));
}

function say(summaries) {
  for (const { figure, value, server, floor: bare, ratio } of summaries) {
    const more = bare ? `, bare page ${bare.median.toFixed(2)}, ratio ${ratio.median.toFixed(2)} [${ratio.low.toFixed(2)}..${ratio.high.toFixed(2)}]` : '';
    console.log(`${figure} ${value}: ${server.median.toFixed(2)} [${server.low.toFixed(2)}..${server.high.toFixed(2)}]${more}`);
  }
}

const program = await Program.prepare((config) => (config.task_duration_in_seconds = 3600));
let browser;
try {
  [browser] = await Promise.all([launch(), program.start()]);
  const loaded = await measureLoads(browser, program.address);
  const typed = await measureKeys(browser, program.address);
  const summaries = { load: summarizeLoads(loaded), keys: summarizeKeys(typed) };
  write('browser-load', { round_trip_ms: roundTripInMilliseconds, pairs: loads }, [...loaded, ...summaries.load]);
  write('browser-keys', { pairs, keys, compared_with: 'floor' }, [...typed, ...summaries.keys]);
  say([...summaries.load, ...summaries.keys]);
} finally {
  await browser?.close();
  await program.clean_up();
}
