import { amountOf } from '../../src/figures/figure.js';
import { percentileMs } from '../../src/figures/latency-histogram.js';
import type { VaultSnapshot } from '../../src/figures/snapshot.js';
import { formatCount, formatLatency, plural } from '../../src/report/format-numbers.js';

/** Answers that come later than this are why it takes long. */
const slowAnswerMs = 5_000;
/** A pace that was learned holds nobody back who sends less than this share of it. */
const nearShare = 0.25;
/** Unless it is this low. */
const lowPerSecond = 50;
/** A process at work for this share of the time on its one thread, or waiting so for its source, cannot go faster. */
const busyShare = 0.9;
/** Figures of the first moments say little: start-up is busy, and no rate is known. */
const settledMs = 5_000;
/** So many requests for each batch are spent on finding the records that the vault refuses. */
const manyPerBatch = 3;

/**
 * The pace learned from refusals, where it holds the vault back. While nothing was sent it may have grown far beyond what
 * anybody sends, and says nothing then.
 */
export function limitInForce(at: VaultSnapshot): number | undefined {
  const { requests_per_second_allowed: perSecond, requests_per_second: sent } = at;
  if (perSecond === null) return undefined;
  return perSecond <= lowPerSecond || perSecond * nearShare <= sent ? perSecond : undefined;
}

/** That the vault serves nobody at present, and when it is asked again; undefined: it does serve. */
export function whyAway({ away_status: status, asks_again_ms: againMs }: VaultSnapshot): string | undefined {
  if (status === null) return undefined;
  const what = status === 0 ? 'the vault does not answer' : `the vault is not available (HTTP ${status})`;
  return againMs === null ? what : `${what}; asking again in ${formatCount(Math.ceil(againMs / 1000))} s`;
}

/** What holds a run back, the strongest first; undefined when the vault takes all that comes. */
export function whySlow(at: VaultSnapshot): string | undefined {
  const away = whyAway(at);
  if (away !== undefined) return away;
  const { workers, throttled, latency, slowed_for_latency_ms: ceilingMs } = at;
  const perSecond = limitInForce(at);
  if (perSecond !== undefined)
    return `slow: the vault takes about ${plural(Math.max(1, Math.round(perSecond)), 'request', 'requests')} a second (it has refused ${formatCount(throttled)})`;
  if (ceilingMs !== null)
    return `slow: ${formatCount(workers.allowed)} of ${formatCount(workers.configured)} requests at a time, to keep 95% of the answers within ${formatLatency(ceilingMs)}`;
  if (workers.allowed < workers.configured)
    return `slow: ${formatCount(workers.allowed)} of ${formatCount(workers.configured)} requests at a time, because the vault refused more`;
  return whyDivided(at) ?? whyVault(percentileMs(latency, 50)) ?? whyMachine(at);
}

function whyDivided({ requests, retries, batches, failed }: VaultSnapshot): string | undefined {
  const first = requests - retries;
  const settled = amountOf(batches);
  if (failed === 0 || settled === 0 || first < manyPerBatch * settled) return undefined;
  return `slow: bad records are found one by one: ${formatCount(first)} requests for ${plural(settled, 'batch', 'batches')}`;
}

function whyVault(medianMs: number): string | undefined {
  return medianMs > slowAnswerMs
    ? `slow: the vault takes ${formatLatency(medianMs)} for an answer`
    : undefined;
}

function whyMachine({
  timed_wall_ms: wallMs,
  cpu_ms: cpuMs,
  timing_ms: timing,
  workers,
  in_flight,
}: VaultSnapshot): string | undefined {
  if (wallMs < settledMs) return undefined;
  if (cpuMs >= wallMs * busyShare)
    return 'as fast as this machine goes: its process uses a whole core; --lanes shares a vault out among several';
  const isIdle = in_flight < workers.allowed / 2;
  return isIdle && timing.source_read >= wallMs * busyShare
    ? 'slow: it waits for its source, not for the vault'
    : undefined;
}
