import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { WAIT_TIMEOUT } from "./browser.mjs";

const ROOT = new URL("../../../", import.meta.url).pathname;
export const PROGRAM = process.env.TELLINA_PROGRAM ?? join(ROOT, "build/bin/tellina");

const run_file = promisify(execFile);

/** The real program, which serves the study of config.json from a temporary folder. */
export class Program {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.log = "";
    this.address = "";
    /** A free port at the first start, the same port at the next. */
    this.port = 0;
    /** @type {import("node:child_process").ChildProcess | null} */
    this.process = null;
  }

  /**
   * Creates a folder with a copy of the study, and applies `change` to its configuration.
   * @param {(config: any) => void} [change]
   */
  static async prepare(change = () => {}) {
    const program = new Program(await mkdtemp(join(tmpdir(), "tellina-e2e-")));
    const config = JSON.parse(await readFile(join(ROOT, "config.json"), "utf8"));
    delete config.$schema;
    change(config);
    await writeFile(join(program.folder, "config.json"), JSON.stringify(config, null, 2));
    return program;
  }

  /** Returns when the server prints its address. @param {string[]} [options] More command-line options. */
  async start(options = []) {
    const words = ["run", "--port", String(this.port), "--config", join(this.folder, "config.json"), ...options];
    const child = spawn(PROGRAM, words, {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = child;
    child.stderr.on("data", (text) => (this.log += text));
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no word from ${PROGRAM} within ${WAIT_TIMEOUT} ms:\n${this.log}`)), WAIT_TIMEOUT);
      child.on("error", reject);
      child.on("exit", (status, signal) => reject(new Error(`${PROGRAM} ended with ${status ?? signal}:\n${this.log}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        this.log += `${line}\n`;
        const found = /^listening on (https?:\/\/\S+)$/.exec(line);
        if (found === null) return;
        clearTimeout(timer);
        this.address = found[1];
        this.port = Number(new URL(this.address).port);
        resolve(undefined);
      });
    });
  }

  /** @param {NodeJS.Signals} [signal] @returns {Promise<number | NodeJS.Signals | null>} Exit status or signal. */
  async stop(signal = "SIGINT") {
    const child = this.process;
    if (child === null) return null;
    this.process = null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
    const ended = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), WAIT_TIMEOUT);
    const [status, ended_by] = await ended;
    clearTimeout(timer);
    return status ?? ended_by;
  }

  /** Stops the program and removes its folder. */
  async clean_up() {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Queries the database with the sqlite3 program. @param {string} query @returns {Promise<any[]>} Rows as objects. */
  async rows(query) {
    const { stdout } = await run_file("sqlite3", ["-readonly", "-json", "-cmd", `.timeout ${WAIT_TIMEOUT}`, join(this.folder, "db.sqlite3"), query], { maxBuffer: 64 << 20 });
    return stdout.trim() === "" ? [] : JSON.parse(stdout);
  }

  /**
   * Waits until the recorded output of the participant's first task matches `expected`.
   * @param {string} access_code @param {RegExp} expected
   */
  async waits_for_output(access_code, expected) {
    const end = Date.now() + WAIT_TIMEOUT;
    while (!expected.test(await this.stream(access_code, 1, "output_bytes"))) {
      if (Date.now() > end) throw new Error(`the output of ${access_code} has no ${expected} after ${WAIT_TIMEOUT} ms`);
    }
  }

  /**
   * Everything that the participant's terminal sent in a task, assembled from the database; fails if it has holes.
   * @param {string} access_code @param {number} task @param {"input_bytes" | "output_bytes"} view
   */
  async stream(access_code, task, view) {
    const rows = await this.rows(
      `SELECT stream_offset, hex(bytes) AS bytes FROM ${view}
       WHERE access_code = '${access_code}' AND task_number = ${task} ORDER BY stream_offset`,
    );
    const pieces = [];
    let end = 0;
    for (const { stream_offset, bytes } of rows) {
      if (stream_offset !== end) throw new Error(`${view} of task ${task} continues at ${stream_offset} instead of ${end}`);
      pieces.push(Buffer.from(bytes, "hex"));
      end += bytes.length / 2;
    }
    return Buffer.concat(pieces).toString("latin1");
  }
}
