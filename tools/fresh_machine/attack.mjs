// Attacks the memory limits of a server on a machine with control groups v2, and looks from the machine at what happens:
//   node attack.mjs http://127.0.0.1:PORT PROCESS SCRIPTS
// PROCESS is the server's. SCRIPTS has lines as `test_hostile --scripts` prints them. Needs root and the access codes victim,
// attacker, and newcomerN and crowdN from 1 to 40. At the first failure, ends with status 1 and a message.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { logIn, openTerminal } from './client.mjs';

const [, , server, serverProcess, scripts] = process.argv;
const keyPauseInMilliseconds = 50;
// An emulated processor is about ten times as slow as a real one. How fast others are served is measured elsewhere.
const mostKeyWaitInMilliseconds = 5_000;
const mostStartInMilliseconds = 30_000;
const answerInMilliseconds = 120_000;
/** So many times as long as on a real processor may a script of an attacker take. */
const slowness = 12;
const mebibyte = 1 << 20;
const wanted = (topic, name) => topic === 'Memory' || name === 'fork bomb';
/** The attacks that need more memory than a sandbox may have, and that nothing but its control group stops. */
const killed = ['memory of one process', 'memory of many processes', 'shared memory that is not mapped any more'];
const crowd = 12;
const memoryOfEachInCrowd = 200;

/** Fails if a promise takes too long. */
async function within(milliseconds, what, promise) {
  const timer = new AbortController();
  const late = pause(milliseconds, 'late', { signal: timer.signal }).catch(() => undefined);
  const first = await Promise.race([promise, late]);
  timer.abort();
  assert.notEqual(first, 'late', `${what}: nothing after ${milliseconds} ms`);
  return first;
}

/** A participant at the first prompt of task 1. */
class Participant {
  #terminal;
  #offset;
  #requests = 1;

  static async join(code) {
    const participant = new Participant();
    participant.#terminal = await openTerminal(server, await logIn(server, code));
    const terminal = participant.#terminal;
    terminal.tell({ type: 'hello', columns: 80, rows: 24, output_offset: 0 });
    await within(answerInMilliseconds, `${code}: welcome`, terminal.until((message) => message.type === 'welcome'));
    terminal.tell({ type: 'start_task', id: 1, task: 1 });
    const started = terminal.until((message) => message.type === 'welcome' && message.id === 1);
    participant.#offset = (await within(answerInMilliseconds, `${code}: start`, started)).input_offset;
    await participant.prompt(0);
    return participant;
  }

  get end() { return this.#terminal.output().length; }

  type(text) {
    this.#terminal.type(this.#offset, text);
    this.#offset += text.length;
  }

  /** Waits until a pattern follows a place in the output, and returns the match. */
  async see(pattern, from, milliseconds = answerInMilliseconds) {
    let match;
    const isThere = () => (match = pattern.exec(this.#terminal.output().slice(from))) !== null;
    await within(milliseconds, `${pattern} in the output`, this.#terminal.once(isThere));
    return match;
  }

  prompt(from, milliseconds) { return this.see(/\]133;B/, from, milliseconds); }

  /** Types a line; resolves when it has ended. */
  async run(line, milliseconds) {
    const from = this.end;
    this.type(`${line}\r`);
    await this.see(/\]133;D[^]*\]133;B/, from, milliseconds);
    return this.#terminal.output().slice(from);
  }

  async reset() {
    const id = (this.#requests += 1);
    const from = this.end;
    this.#terminal.tell({ type: 'reset', id });
    await within(answerInMilliseconds, 'reset', this.#terminal.until((message) => message.type === 'done' && message.id === id));
    const isThere = () => {
      const start = this.#terminal.output().indexOf('\x1bc', from);
      return start >= 0 && this.#terminal.output().includes(']133;B', start);
    };
    await within(answerInMilliseconds, 'a prompt after the reset', this.#terminal.once(isThere));
  }

  /** Starts a program with this name in the sandbox, and returns the sandbox's control group. */
  async group(name) {
    await this.run(`(exec -a ${name} sleep 100000 &)`);
    const end = performance.now() + answerInMilliseconds;
    for (;;) {
      const found = processes().filter((number) => command(number).startsWith(`${name}\0`));
      if (found.length > 0) return groupOf(found[0]);
      assert.ok(performance.now() < end, `the program ${name} does not start`);
      await pause(20);
    }
  }

  async leave() {
    const id = (this.#requests += 1);
    this.#terminal.tell({ type: 'give_up', id });
    await within(answerInMilliseconds, 'give_up', this.#terminal.until((message) => message.type === 'done' && message.id === id));
    this.#terminal.close();
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENODEV'].includes(error.code)) return '';
    throw error;
  }
}
const processes = () => readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
const command = (number) => read(`/proc/${number}/cmdline`);
const groupOf = (number) => `/sys/fs/cgroup${/^0::(.*)$/m.exec(read(`/proc/${number}/cgroup`))[1]}`;
const kills = (group) => Number(/^oom_kill ([0-9]+)$/m.exec(read(`${group}/memory.events.local`))?.[1] ?? 0);
const value = (group, name) => Number(read(`${group}/${name}`));

/** The server's processes, without the launchers of sandboxes, with the times at which they started. */
function serverProcesses(group) {
  const numbers = read(`${group}/cgroup.procs`).trim().split('\n');
  return numbers.filter((number) => read(`/proc/${number}/comm`) === 'tellina\n')
    .map((number) => `${number} started at ${read(`/proc/${number}/stat`).split(' ')[21]}`);
}

/** Types a key every few milliseconds, and waits for each echo. */
class Typist {
  #isStopped = false;
  #waits = [];
  #done;

  constructor(participant) {
    this.#done = this.#type(participant);
    this.#done.catch(() => undefined);
  }

  async #type(participant) {
    for (let number = 0; !this.#isStopped; number += 1) {
      const key = 'abcdefghij'[number % 10];
      const from = participant.end;
      const begin = performance.now();
      participant.type(key);
      await participant.see(new RegExp(key), from);
      this.#waits.push(performance.now() - begin);
      if (number % 40 === 39) participant.type('\x15');
      await pause(keyPauseInMilliseconds);
    }
    await participant.run('\x15:');
  }

  /** The median, the 99th percentile and the longest time from key to echo, in milliseconds. */
  async stop() {
    this.#isStopped = true;
    await this.#done;
    const sorted = this.#waits.sort((a, b) => a - b);
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    return [at(0.5), at(0.99), sorted.at(-1)];
  }
}

const victim = await Participant.join('victim');
await victim.run('mark=unbroken');
const victimGroup = await victim.group('victim');
const attacker = await Participant.join('attacker');
const serverGroup = groupOf(serverProcess);
const unit = serverGroup.replace(/\/tellina-server$/, '');
assert.notEqual(unit, serverGroup, `the server is in ${serverGroup}, expected a group tellina-server`);
assert.ok(victimGroup.startsWith(`${unit}/tellina/`), `the sandbox is in ${victimGroup}, expected a group below ${unit}`);
const before = serverProcesses(serverGroup);

async function checkOthers(what) {
  assert.deepEqual(serverProcesses(serverGroup), before, `${what}: the server's processes`);
  assert.equal(kills(serverGroup), 0, `${what}: programs of the server killed for memory`);
  assert.equal(kills(victimGroup), 0, `${what}: programs of the other participant killed for memory`);
  assert.match(await victim.run('echo "<$mark>"'), /<unbroken>/, `${what}: the other participant's shell`);
}

let newcomers = 0;
for (const line of readFileSync(scripts, 'utf8').trim().split('\n')) {
  const [topic, name, milliseconds, script] = JSON.parse(line);
  if (!wanted(topic, name)) continue;
  const group = await attacker.group('attacker');
  const limit = value(group, 'memory.max');
  assert.ok(limit > 0, `${group}: memory.max is ${read(`${group}/memory.max`)}`);
  const typist = new Typist(victim);
  const from = attacker.end;
  attacker.type(`${script}\r`);
  await pause(500);
  const begin = performance.now();
  const newcomer = await Participant.join(`newcomer${(newcomers += 1)}`);
  const start = performance.now() - begin;
  await newcomer.leave();
  await attacker.see(/\]133;D[^]*\]133;B/, from, milliseconds * slowness).catch(() => attacker.type('\x03'));
  const [median, p99, longest] = await typist.stop();
  const [peak, count] = [value(group, 'memory.peak'), kills(group)];
  assert.ok(peak <= limit, `${name}: the sandbox used ${peak} bytes, its limit is ${limit}`);
  assert.ok(count > 0 || !killed.includes(name), `${name}: the kernel killed nothing`);
  assert.ok(p99 <= mostKeyWaitInMilliseconds, `${name}: another participant's keys waited ${p99} ms`);
  assert.ok(start <= mostStartInMilliseconds, `${name}: a newcomer waited ${start} ms`);
  await checkOthers(name);
  await attacker.reset();
  console.log(`  ${name}: at most ${Math.round(peak / mebibyte)} MiB, ${count} killed; ` +
    `keys ${median.toFixed(1)} / ${p99.toFixed(1)} / ${longest.toFixed(1)} ms, newcomer ${start.toFixed(0)} ms`);
}

// Nobody exceeds their own limit, but all together exceed that of the unit.
const members = [];
for (let number = 1; number <= crowd; number += 1) members.push(await Participant.join(`crowd${number}`));
const groups = [];
for (const [index, member] of members.entries()) groups.push(await member.group(`crowd${index + 1}`));
const typist = new Typist(victim);
for (const member of members) member.type(`perl -e '$x = "a"; $x x= ${memoryOfEachInCrowd} << 20; sleep 100'\r`);
const end = performance.now() + answerInMilliseconds;
const ofCrowd = () => groups.reduce((sum, group) => sum + kills(group), 0);
while (ofCrowd() === 0) {
  assert.ok(performance.now() < end, `the unit uses ${value(unit, 'memory.current')} bytes, and nothing was killed`);
  await pause(50);
}
const [median, p99, longest] = await typist.stop();
await checkOthers('all together');
console.log(`  ${crowd} participants with ${memoryOfEachInCrowd} MiB each: the unit used at most ` +
  `${Math.round(value(unit, 'memory.peak') / mebibyte)} of ${Math.round(value(unit, 'memory.max') / mebibyte)} MiB, ` +
  `${ofCrowd()} of their programs killed; keys ${median.toFixed(1)} / ${p99.toFixed(1)} / ${longest.toFixed(1)} ms`);
process.exit(0);
