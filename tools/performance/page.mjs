// Writes the page about performance:   node page.mjs RESULTS TEMPLATE PAGE Replaces the template's words in double braces by
// tables, and writes the plots next to the results.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { drawPlot } from './plot.mjs';
import { Run, readRuns, table, withInterval, written } from './results.mjs';
import { targetRows, targetRuns } from './targets.mjs';

const [, , folder, template, page] = process.argv;
const runs = readRuns(folder);
const measured = [...runs.values()].filter((run) => run instanceof Run);
const layers = ['memory', 'ipc', 'redis'];
const policies = ['strict', 'slight'];
const revisions = { 1: 'memory + strict', 2: 'ipc + strict + workers', 3: 'ipc + slight + workers' };
const crowds = [1, 50, 200, 1000];

function plot(name, description) {
  const lines = description.lines.filter((line) => line.points.length > 0);
  if (lines.length === 0) return '';
  const file = join(folder, `${name}.svg`);
  writeFileSync(file, drawPlot({ ...description, lines }));
  return `![${description.title}](${relative(dirname(page), file)})`;
}

function matrixTable() {
  const rows = [];
  for (const layer of layers) {
    for (const policy of policies) {
      const run = runs.get(`matrix-${layer}-${policy}`);
      if (!run) continue;
      const server = (figure, value) => written(run.estimate(figure, value)?.median);
      rows.push([`${layer} + ${policy}`, server('closed', 'keys_per_second'),
        `${server('closed', 'p50_ms')} / ${server('closed', 'p99_ms')}`, withInterval(run.estimate('closed', 'p50_ms', 'ratio')),
        `${server('mash', 'p50_ms')} / ${server('mash', 'p99_ms')}`, server('mash', 'cpu_s_per_1000_keys'),
        withInterval(run.estimate('mash', 'cpu_s_per_1000_keys', 'ratio')), server('flood', 'mb_per_second'),
        withInterval(run.estimate('flood', 'mb_per_second', 'ratio')), server('paste', 'mib_per_second'),
        `${server('interrupt', 'silence_ms')} / ${server('interrupt_slow', 'silence_ms')}`]);
    }
  }
  return table(['', 'closed loop, keys/s', 'p50 / p99, ms', 'p50 against the floor', 'mash 5,000/s, p50 / p99, ms',
    'CPU s per 1,000 keys', 'against the floor', 'flood, MB/s', 'against the floor', 'paste of 1 MiB, MiB/s',
    'Ctrl-C, fast / 2 MB/s, ms'], rows);
}

function floorTable() {
  const pty = runs.get('pty');
  const zmq = runs.get('zmq');
  const floor = (run, figure, value) => written(runs.get(run)?.estimate(figure, value, 'floor')?.median);
  return table(['floor', 'closed loop, keys/s', 'p50 / p99, ms', 'flood, MB/s'], [
    ['(a) pty alone', written(pty?.keys_per_second), `${written(pty?.p50_ms)} / ${written(pty?.p99_ms)}`,
      written(pty?.mb_per_second)],
    ['(b) bare WebSocket server', floor('closed-memory', 'closed', 'keys_per_second'),
      `${floor('closed-memory', 'closed', 'p50_ms')} / ${floor('closed-memory', 'closed', 'p99_ms')}`,
      floor('memory', 'flood', 'mb_per_second')],
    ['ZeroMQ alone, there and back', '', `${written(zmq?.p50_ms)} / ${written(zmq?.p99_ms)}`, ''],
  ]);
}

function revisionTable() {
  const rows = [];
  for (const [number, name] of Object.entries(revisions)) {
    for (const sessions of crowds) {
      const run = runs.get(`revision-${number}-${sessions}`);
      if (!run) continue;
      const server = (figure, value) => written(run.estimate(figure, value)?.median);
      const bad = ['lost', 'doubled', 'reordered'].map((kind) => run.estimate('mash', kind)?.median);
      const chokes = run.failures.length > 0 || bad.some((count) => count !== 0);
      rows.push([`${number}: ${name}`, String(sessions), server('paced', 'keys_per_second'),
        `${server('paced', 'p50_ms')} / ${server('paced', 'p99_ms')}`, server('mash', 'keys_per_second'),
        `${server('mash', 'p50_ms')} / ${server('mash', 'p99_ms')}`, bad.map((count) => written(count)).join(' / '),
        server('paced', 'cpu_s_per_1000_keys'), server('memory', 'kib_per_session'), chokes ? '**yes**' : 'no']);
    }
  }
  return table(['revision', 'sessions', 'paced, keys/s', 'p50 / p99, ms', 'mash, keys/s', 'p50 / p99, ms',
    'lost / doubled / reordered', 'CPU s per 1,000 keys', 'KiB per session', 'chokes'], rows);
}

function latencyPlot() {
  const shares = [0.5, 0.9, 0.99, 0.999, 0.9999];
  const tail = (points) => (points ?? []).map(([milliseconds, share]) => [1 / Math.max(1e-5, 1 - share), Math.max(0.001, milliseconds)]);
  const lines = layers.map((layer) => ({
    name: layer, points: tail(runs.get(`closed-${layer}`)?.distribution('closed', 'server')),
  }));
  lines.push({ name: 'floor', points: tail(runs.get('closed-memory')?.distribution('closed', 'floor')) });
  return plot('latency', {
    title: 'Key to echo, one session, closed loop', x: 'share of keys that took no longer', y: 'milliseconds',
    ticksOfX: shares.map((share) => ({ at: 1 / (1 - share), text: `${Number((share * 100).toFixed(2))} %` })), lines,
  });
}

function crowdPlot(name, title, figure, value, y) {
  const lines = Object.entries(revisions).map(([number, revision]) => ({
    name: revision,
    points: crowds
      .map((sessions) => [sessions, runs.get(`revision-${number}-${sessions}`)?.estimate(figure, value)?.median])
      .filter((point) => point[1] > 0),
  }));
  return plot(name, {
    title, x: 'sessions', y, ticksOfX: crowds.map((sessions) => ({ at: sessions, text: String(sessions) })), lines,
  });
}

/** Measurements of `make bench` and `make bench-revisions` that are missing. */
function missing() {
  const known = new Set(targetRuns);
  for (const layer of layers) for (const policy of policies) known.add(`matrix-${layer}-${policy}`);
  for (const number of Object.keys(revisions)) for (const sessions of crowds) known.add(`revision-${number}-${sessions}`);
  return [...known].filter((name) => !runs.has(name));
}

/** Each run names its commit, because runs are measured separately. */
function commitTable() {
  const names = new Map();
  for (const line of readFileSync(join(folder, 'commits.tsv'), 'utf8').trimEnd().split('\n')) {
    const [name, commit, date] = line.split('\t');
    const key = `${date}\t${commit}`;
    names.set(key, [...(names.get(key) ?? []), name]);
  }
  return table(['date', 'commit', 'measured'], [...names].sort().map(([key, of]) => [...key.split('\t'), of.join(', ')]));
}

const words = {
  machine: [...new Set(measured.map((run) => run.settings.machine ?? 'unknown'))].join('; '),
  commits: commitTable(),
  targets: table(['figure', 'target', 'measured', ''], targetRows(runs)),
  floor: floorTable(),
  matrix: matrixTable(),
  revisions: revisionTable(),
  latency_plot: latencyPlot(),
  cost_plot: crowdPlot('cost', 'Processor time against sessions', 'paced', 'cpu_s_per_1000_keys', 'CPU s per 1,000 keys'),
  crowd_plot: crowdPlot('crowd', 'p99 key to echo against sessions', 'paced', 'p99_ms', 'milliseconds'),
  failures: [
    ...measured.flatMap((run) => run.failures.map((failure) =>
      `- ${run.name}, ${failure.figure} of the ${failure.target}: ${failure.message}`)),
    ...missing().map((name) => `- ${name}: not run`),
  ].join('\n') || 'Nothing.',
};
const text = readFileSync(template, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, word) => {
  if (!(word in words)) throw new Error(`${template}: unknown word {{${word}}}`);
  return words[word];
});
writeFileSync(page, text);
console.log(`wrote ${page}`);
