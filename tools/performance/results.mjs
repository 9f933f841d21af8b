// Reads the output of `tellina bench --json`.
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One run of the load generator. */
export class Run {
  constructor(name, lines) {
    this.name = name;
    this.settings = lines.find((line) => line.type === 'run') ?? {};
    this.failures = lines.filter((line) => line.type === 'failure');
    this.summaries = lines.filter((line) => line.type === 'summary');
    this.distributions = lines.filter((line) => line.type === 'distribution');
  }

  /** The median of a value, and its interval: for "server", "floor", "other" or "ratio". Undefined if it was not measured. */
  estimate(figure, value, what = 'server') {
    return this.summaries.find((line) => line.figure === figure && line.value === value)?.[what];
  }

  /** Pairs of milliseconds and the share of keys that took no longer. */
  distribution(figure, target) {
    const found = this.distributions.find((line) => line.figure === figure && line.target === target);
    return found?.milliseconds_and_share;
  }
}

/** All runs of a folder, by name. */
export function readRuns(folder) {
  const runs = new Map();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.jsonl')) continue;
    const lines = readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
    const name = basename(file, '.jsonl');
    runs.set(name, ['pty', 'zmq'].includes(name) ? lines[0] : new Run(name, lines));
  }
  return runs;
}

/** A number in readable form. */
export function written(number, digits = 3) {
  if (number === undefined || number === null || Number.isNaN(number)) return '-';
  if (number !== 0 && Math.abs(number) < 0.001) return number.toExponential(1);
  if (Math.abs(number) >= 1000) return Math.round(number).toLocaleString('en');
  return String(Number(number.toPrecision(digits)));
}

/** "0.9 [0.8..1.1]". */
export function withInterval(estimate) {
  if (!estimate) return '-';
  const interval = estimate.confidence >= 0.95 ? ` [${written(estimate.low)}..${written(estimate.high)}]` : '';
  return written(estimate.median) + interval;
}

export function table(heading, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...rows.map(line)].join('\n');
}
