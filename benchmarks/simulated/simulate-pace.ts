import { setMaxListeners } from 'node:events';
import { PaceGate } from '../../child/pace/pace-gate.js';
import type { PaceLimits } from '../../child/pace/pace-limits.js';
import { seededRandom } from '../../src/sandbox/seeded-random.js';
import { VirtualClock } from './virtual-clock.js';

/** A vault that takes so much per second, as a bucket that fills steadily and starts full. */
export interface ServerModel {
  /** Of requests or of records; Infinity is no limit. Changes at the times named. */
  readonly limits: readonly { readonly fromS: number; readonly perSecond: number }[];
  readonly counts: 'requests' | 'records';
  readonly burstS: number;
  readonly latencyMs: number;
  /** A refusal takes as long as an acceptance, or none. */
  readonly refusalMs: number;
  readonly retryAfter: boolean;
  /** This share of the requests is refused whatever the pace. */
  readonly randomShare?: number;
  /** Everything is refused from, and up to, these seconds. */
  readonly outageS?: readonly [number, number];
  /** This many requests are worked on at a time; the others wait for their turn. */
  readonly places?: number;
  /** Instead of all that: how long a request takes that is sent at this time as one of so many in flight. */
  readonly latencyAt?: (atS: number, inFlight: number) => number;
}

export interface Simulated {
  /** Requests taken and refused in each second. */
  readonly taken: number[];
  readonly refused: number[];
  /** What every accepted request took, and when it was sent. */
  readonly latencies: { readonly atS: number; readonly ms: number }[];
  readonly gate: PaceGate;
  /** What each client, a process with workers and a gate of its own, was served. */
  readonly shares: readonly number[];
}

/** Runs as many workers as `limits.concurrency` against the model for so many virtual seconds. */
export async function simulate(
  limits: PaceLimits & { readonly recordsPerRequest: number },
  server: ServerModel,
  seconds: number,
  clients = 1,
): Promise<Simulated> {
  const clock = new VirtualClock();
  const random = seededRandom(1);
  const gate = new PaceGate(limits, { clock, random: () => 0.5 });
  const shares = Array.from({ length: clients }, () => 0);
  const taken = Array.from({ length: seconds }, () => 0);
  const refused = Array.from({ length: seconds }, () => 0);
  const latencies: Simulated['latencies'] = [];
  let inFlight = 0;
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const cost = server.counts === 'requests' ? 1 : limits.recordsPerRequest;
  let level: number | undefined;
  let filledMs = 0;
  const waitS = (): number => {
    const nowMs = clock.now();
    const perSecond = server.limits.findLast(({ fromS }) => nowMs >= fromS * 1000)?.perSecond ?? Infinity;
    if (perSecond === Infinity) return 0;
    const capacity = Math.max(1, perSecond * server.burstS);
    level = Math.min(capacity, (level ?? capacity) + ((nowMs - filledMs) / 1000) * perSecond);
    filledMs = nowMs;
    const needed = Math.min(cost, capacity);
    if (level < needed) return (needed - level) / perSecond;
    level -= cost;
    return 0;
  };
  const freeFromMs = Array.from({ length: server.places ?? 0 }, () => 0);
  /** How long an accepted request takes, its turn included. */
  const serveMs = (): number => {
    if (server.latencyAt !== undefined) return server.latencyAt(clock.now() / 1000, inFlight);
    const earliest = Math.min(...freeFromMs);
    if (earliest === Infinity) return server.latencyMs;
    const endsMs = Math.max(clock.now(), earliest) + server.latencyMs;
    freeFromMs[freeFromMs.indexOf(earliest)] = endsMs;
    return endsMs - clock.now();
  };
  const [outFrom, outTo] = server.outageS ?? [Infinity, Infinity];
  const isRefused = (): number => {
    const second = clock.now() / 1000;
    if (second >= outFrom && second < outTo) return 1;
    return random() < (server.randomShare ?? 0) ? 0.5 : waitS();
  };
  const worker = async (client: number, gate: PaceGate): Promise<void> => {
    while (clock.now() < seconds * 1000) {
      const permit = await gate.enter({ records: limits.recordsPerRequest, bytes: 0 }, end.signal);
      const second = Math.floor(clock.now() / 1000);
      const refusedForS = isRefused();
      const counts = refusedForS > 0 ? refused : taken;
      counts[second] = (counts[second] ?? 0) + 1;
      if (refusedForS === 0) shares[client] = (shares[client] ?? 0) + 1;
      inFlight += 1;
      const ms = refusedForS > 0 ? server.refusalMs : serveMs();
      if (refusedForS === 0) latencies.push({ atS: clock.now() / 1000, ms });
      await clock.sleep(ms);
      inFlight -= 1;
      if (refusedForS > 0)
        permit.throttled(server.retryAfter ? 1000 * Math.max(1, Math.ceil(refusedForS)) : undefined);
      else permit.succeeded();
      permit.leave();
    }
  };
  const gates = shares.map((_, at) => (at === 0 ? gate : new PaceGate(limits, { clock, random: () => 0.5 })));
  for (const [client, own] of gates.entries())
    for (let at = 0; at < limits.concurrency; at += 1) void worker(client, own).catch(() => undefined);
  await clock.advanceTo(seconds * 1000);
  end.abort(new Error('the simulation is over'));
  await clock.settle();
  return { taken, refused, latencies, gate, shares };
}

/** The share of the limit that was used, and of requests that were refused, in the seconds from `from` to `to`. */
export function shares({ taken, refused }: Simulated, perSecond: number, from: number, to: number) {
  const sum = (counts: readonly number[]): number =>
    counts.slice(from, to).reduce((total, count) => total + count, 0);
  return {
    used: sum(taken) / (perSecond * (to - from)),
    refused: sum(refused) / Math.max(1, sum(taken) + sum(refused)),
  };
}
