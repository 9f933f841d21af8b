// The server's performance targets, and whether the measurements reach them.
import { withInterval, written } from './results.mjs';

const layers = ['memory', 'ipc', 'redis'];

const target = (what, run, figure, value, limit, more = {}) => ({
  what, run, figure, value, limit, of: 'server', atMost: true, unit: '', ...more,
});
const ratio = (what, run, figure, value, limit, more = {}) =>
  target(what, run, figure, value, limit, { of: 'ratio', ...more });

const targets = [
  ...layers.map((layer) =>
    ratio(`strict against slight, keys a second, ${layer}`, `policies-${layer}`, 'closed', 'keys_per_second', 0.95,
      { atMost: false })),
  ...layers.map((layer) =>
    ratio(`strict against slight, p99, ${layer}`, `policies-${layer}`, 'closed', 'p99_ms', 1.05)),
  ratio('p50 key to echo, memory, against the floor', 'closed-memory', 'closed', 'p50_ms', 1.2),
  ratio('p50, ipc, against the floor', 'closed-ipc', 'closed', 'p50_ms', 2.0),
  ratio('p50, redis, against the floor', 'closed-redis', 'closed', 'p50_ms', 3.0),
  ratio('closed loop, keys a second, memory, against the floor', 'closed-memory', 'closed', 'keys_per_second',
    0.85, { atMost: false }),
  ...layers.flatMap((layer) => [
    target(`mash, 5,000 keys a second for 10 s, ${layer}: lost`, `mash-${layer}`, 'mash', 'lost', 0),
    target(`the same: doubled`, `mash-${layer}`, 'mash', 'doubled', 0),
    target(`the same: reordered`, `mash-${layer}`, 'mash', 'reordered', 0),
    target('the same: backlog gone after the last key', `mash-${layer}`, 'mash', 'backlog_gone_ms', 200,
      { unit: ' ms' }),
  ]),
  target('paced, 1,000 sessions x 2 keys a second, memory, p99', 'crowd-1000', 'paced', 'p99_ms', 50,
    { unit: ' ms' }),
  target('paced, 200 sessions x 10 keys a second, memory, p99', 'crowd-200', 'paced', 'p99_ms', 20, { unit: ' ms' }),
  ratio('output flood, memory, recording off, against the floor', 'recording-off', 'flood', 'mb_per_second', 1.15,
    { atMost: false }),
  ratio('the same, recording on', 'memory', 'flood', 'mb_per_second', 1.0, { atMost: false }),
  target('Ctrl-C to silence, a fast client', 'memory', 'interrupt', 'silence_ms', 20, { unit: ' ms' }),
  target('Ctrl-C to silence, a client that reads 2 MB/s', 'memory', 'interrupt_slow', 'silence_ms', 200,
    { unit: ' ms' }),
  ratio('CPU per 1,000 keys, mash, recording off, against the floor', 'recording-off', 'mash', 'cpu_s_per_1000_keys',
    1.5),
  ratio('the same, recording on', 'memory', 'mash', 'cpu_s_per_1000_keys', 2.0),
  target('server memory per idle session', 'crowd-1000', 'memory', 'kib_per_session', 64, { unit: ' KiB' }),
  ratio('p50, recording on against off', 'recording', 'closed', 'p50_ms', 1.1),
  ratio('key to screen in Chromium, p50, against the bare page', 'browser-keys', 'key_to_screen', 'p50_ms', 1.2),
  ratio('the same, p95', 'browser-keys', 'key_to_screen', 'p95_ms', 1.2),
  target('first load in Chromium at a round trip of 150 ms', 'browser-load', 'load', 'first_ms', 1200, { unit: ' ms' }),
  target('the same, loaded again', 'browser-load', 'load', 'reload_ms', 600, { unit: ' ms' }),
  target('task start to first prompt, chroot, cold', 'start-chroot-cold', 'prompt', 'p50_ms', 60, { unit: ' ms' }),
  target('the same with a warm pool', 'start-chroot-warm', 'prompt', 'p50_ms', 10, { unit: ' ms' }),
  target('the same, docker', 'start-docker-warm', 'prompt', 'p50_ms', 50, { unit: ' ms' }),
];

/** The names of the runs that have targets. */
export const targetRuns = new Set([...targets.map(({ run }) => run), 'crowd-1']);

/** Needs both runs, so it is not a ratio within one run. */
function crowdCost(runs) {
  const cost = (name) => runs.get(name)?.estimate('paced', 'cpu_s_per_1000_keys')?.median;
  const found = cost('crowd-200') / cost('crowd-1');
  const known = Number.isFinite(found);
  return ['CPU per 1,000 keys, 200 sessions against 1', 'at most 1.2', known ? written(found) : '-',
    known ? (found <= 1.2 ? 'reached' : '**not reached**') : 'not measured'];
}

/** A target is reached if the interval reaches it; the interval need not lie completely on its right side. */
function judge(estimate, limit, atMost) {
  if (!estimate) return 'not measured';
  const { low, high } = estimate.confidence >= 0.95 ? estimate : { low: estimate.median, high: estimate.median };
  const [better, worse] = atMost ? [low, high] : [-high, -low];
  const bound = atMost ? limit : -limit;
  if (worse <= bound) return 'reached';
  return better <= bound ? 'the interval reaches it' : '**not reached**';
}

export function targetRows(runs) {
  const rows = targets.map(({ what, run, figure, value, limit, of, atMost, unit }) => {
    const estimate = runs.get(run)?.estimate(figure, value, of);
    return [what, `${atMost ? 'at most' : 'at least'} ${limit}${unit}`, withInterval(estimate) + (estimate ? unit : ''),
      judge(estimate, limit, atMost)];
  });
  return [...rows, crowdCost(runs)];
}
