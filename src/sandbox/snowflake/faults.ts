import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';

const times = z.number().int().positive().default(1).describe('How often it happens before it is over.');

const routeFault = z.strictObject({
  route: z
    .enum(['login', 'query', 'result', 'monitoring', 'renew', 'heartbeat', 'logout', 'abort', 'chunk', 'any'])
    .describe('Which requests it hits.'),
  answer: z
    .union([z.number().int().min(400).max(599), z.literal('reset')])
    .describe('An HTTP status, or `reset`: the connection is cut.'),
  when: z
    .enum(['before', 'after'])
    .default('before')
    .describe('`after`: the request takes effect, but its answer is lost.'),
  times,
});

const chunkFault = z.strictObject({
  kind: z
    .enum(['empty', 'truncated', 'short', 'forbidden', 'reset'])
    .describe(
      '`empty`: 200 without a body; `truncated`: JSON that stops in the middle; `short`: rows are missing at the end; ' +
        '`forbidden`: 403 as for an expired URL; `reset`: the connection is cut in the middle of the body.',
    ),
  chunk: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('Number of the chunk, from 0; absent: any chunk.'),
  times,
});

/** The faults that stand until they are used up or replaced. */
export const faultsSchema = z.strictObject({
  requests: z.array(routeFault).default([]),
  chunks: z.array(chunkFault).default([]),
  slowQueryMs: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('Every query runs at least this long; a change holds for running ones too.'),
  chunkLatencyMs: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('Every chunk is answered this much later.'),
});

/** What happens once, at the moment it is asked for. */
export const eventSchema = z.strictObject({
  expireSessions: z
    .enum(['renewable', 'final', 'gone'])
    .optional()
    .describe('`renewable`: 390112 until renewed; `final`: the master token too (390114); `gone`: 390111.'),
  expireResults: z.literal(true).optional().describe('Results so far are gone (000710).'),
  expireChunkUrls: z.literal(true).optional().describe('Chunk URLs given out so far answer 403.'),
  downMs: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('Connections are cut and refused for this long; sessions and results survive.'),
});

export type Faults = z.output<typeof faultsSchema>;
export type FaultsInput = z.input<typeof faultsSchema>;
export type SandboxEvent = z.output<typeof eventSchema>;
export type RouteFault = Faults['requests'][number];
export type ChunkFaultKind = Faults['chunks'][number]['kind'];

/**
 * The standing faults; each `take…` uses one occurrence up and counts it. Not the vault's (`../fault-options.ts`), where each
 * fault is a chance that a seed draws for any request: here it is meant for a route or a chunk, and both plans are shorter
 * than one that could do both. How they are asked for is one thing: `../serve-control.ts`.
 */
export class FaultPlan {
  readonly applied = new Map<string, number>();
  #faults: Faults;
  #changed = new AbortController();

  constructor(faults: Faults) {
    this.#faults = structuredClone(faults);
  }

  get current(): Faults {
    return this.#faults;
  }

  replace(faults: Faults): void {
    this.#faults = structuredClone(faults);
    this.#announceChange();
  }

  /** Resolves when a query that began at `startedAtMs` has been slow for long enough; rejects when the signal aborts. */
  async slowDown(startedAtMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const remainingMs = startedAtMs + this.#faults.slowQueryMs - Date.now();
      if (remainingMs <= 0) return;
      const wakeUp = AbortSignal.any([signal, this.#changed.signal]);
      await delay(remainingMs, undefined, { signal: wakeUp }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }

  takeRequestFault(route: string): RouteFault | undefined {
    const fault = this.#take(this.#faults.requests, (each) => each.route === route || each.route === 'any');
    if (fault !== undefined) this.#count(`${fault.route} ${String(fault.answer)}`);
    return fault;
  }

  takeChunkFault(chunk: number): ChunkFaultKind | undefined {
    const fault = this.#take(this.#faults.chunks, (each) => each.chunk === undefined || each.chunk === chunk);
    if (fault !== undefined) this.#count(`chunk ${fault.kind}`);
    return fault?.kind;
  }

  #take<F extends { times: number }>(faults: F[], matches: (fault: F) => boolean): F | undefined {
    const fault = faults.find(matches);
    if (fault === undefined) return undefined;
    fault.times -= 1;
    if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1);
    return fault;
  }

  #announceChange(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  #count(name: string): void {
    this.applied.set(name, (this.applied.get(name) ?? 0) + 1);
  }
}
