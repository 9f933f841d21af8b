import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { promisify } from "node:util";

import { in_context, launch, WAIT_TIMEOUT, Tab } from "./support/browser.mjs";
import { Program } from "./support/program.mjs";

/** A study that the server itself serves over HTTPS, with separate processes. */

const run_file = promisify(execFile);

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Program} */
let program;

/** Replaces the server's certificate by a self-signed one. @param {string} name Its common name. */
async function make_certificate(name) {
  await run_file("openssl", [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -addext subjectAltName=DNS:localhost,IP:127.0.0.1".split(" "),
    ...["-subj", `/CN=${name}`, "-keyout", join(program.folder, "server.key"), "-out", join(program.folder, "server.pem")],
  ]);
}

/** @returns {Promise<string>} The common name of the certificate that a new connection gets. */
function served_name() {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: program.port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** @param {() => Promise<boolean>} condition */
async function until(condition) {
  const end = Date.now() + WAIT_TIMEOUT;
  while (!(await condition())) {
    // Gives Node.js time to read the log and the sockets.
    await new Promise((resolve) => setImmediate(resolve));
    if (Date.now() > end) throw new Error(`not within ${WAIT_TIMEOUT} ms:\n${program.log}`);
  }
}

before(async () => {
  program = await Program.prepare((config) => {
    config.task_duration_in_seconds = 600;
    config.access_codes = ["secure"];
    config.channel_layer = { plugin: "ipc" };
    config.server = { certificate: "server.pem", key: "server.key" };
  });
  await make_certificate("first");
  [browser] = await Promise.all([launch(), program.start()]);
});
after(async () => {
  await browser?.close();
  await program?.clean_up();
});

const NAME = "a participant works over HTTPS, and keeps the terminal while the certificate is renewed";
const OPTIONS = { ignoreHTTPSErrors: true, viewport: { width: 1280, height: 720 } };
test(NAME, { timeout: 400_000 }, () => in_context(browser, { name: NAME, log: () => program.log, options: OPTIONS }, work));

/** @param {import("playwright-core").BrowserContext} context */
async function work(context) {
  assert.match(program.address, /^https:/);
  assert.match(program.log, new RegExp(`^  https://127\\.0\\.0\\.1:${program.port}/\\?access_code=secure$`, "m"));
  // The browser sends its first request in plain text, and follows the redirect.
  const tab = await Tab.open(context, program.address.replace("https:", "http:"), "?access_code=secure");
  await tab.card("start");
  assert.match(tab.page.url(), /^https:/);
  const cookies = await context.cookies();
  assert.ok(cookies.length === 3 && cookies.every(({ secure, httpOnly }) => secure && httpOnly), JSON.stringify(cookies));
  await tab.press("Start");
  await tab.terminal();
  await tab.type("place=here; echo before-$((6*7))\n");
  await tab.shows(/^before-42$/m);

  await make_certificate("second");
  program.process?.kill("SIGHUP");
  await until(async () => (await served_name()) === "second");
  await tab.type("echo $place-$((6*8))\n");
  await tab.shows(/^here-48$/m);

  await writeFile(join(program.folder, "server.pem"), "nonsense");
  program.process?.kill("SIGHUP");
  await until(async () => program.log.includes("new connections still get the old certificate: expected a certificate as PEM text"));
  assert.equal(await served_name(), "second");
  await tab.type("head -c 300000 /dev/zero | tr '\\0' x; echo; echo $place-$((6*9))\n");
  await tab.shows(/^here-54$/m);
  assert.deepEqual(tab.foreign_requests, []);
}

test("a client that knows the certificate needs no exception, and one that does not is refused", async () => {
  await make_certificate("third");
  program.process?.kill("SIGHUP");
  await until(async () => (await served_name()) === "third");
  const ca = await readFile(join(program.folder, "server.pem"));
  /** @param {object} options @returns {Promise<number | undefined>} */
  const status = (options) =>
    new Promise((resolve, reject) => {
      get(`https://localhost:${program.port}/readyz`, { family: 4, ...options }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject);
    });
  assert.equal(await status({ ca }), 200);
  await assert.rejects(status({}), /self-signed certificate|self signed certificate/);
});

test("the program checks certificate and key before it serves", async () => {
  const config = join(program.folder, "config.json");
  const check = () => run_file(process.env.TELLINA_PROGRAM ?? new URL("../../build/bin/tellina", import.meta.url).pathname, ["config", "check", "--config", config]);
  await check();
  await writeFile(join(program.folder, "server.key"), "nonsense");
  await assert.rejects(check(), /server\.key: expected a private key as PEM text, without a passphrase, in .*server\.key/);
});
