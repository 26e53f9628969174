import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Job, Processor } from 'bullmq';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import type { ShardId } from '../../src/store/shard-id.js';
import { withConnection } from '../../src/store/postgres/store.js';
import { storeUrl } from '../../src/store/postgres/store-url.js';
import { expectLingering } from '../process/end-process.js';

const queueName = 'skyflow-shards';
/** Where the engine keeps its own tables. */
export const ENGINE_SCHEMA = 'bullmq';
const stalledLookMs = 15_000;
/** An engine that has lost its database says so in a loop. */
const complainEveryMs = 10_000;
/** An engine that has nothing in hand any more closes in milliseconds, or never. */
const closeMs = 5_000;

const hintSchema = z.object({ run: z.string(), vault: z.string(), shard: z.int() });

/** How soon a shard that was left is handed out again, and what the engine may have forgotten is put in again: as leases last. */
export function lookAgainMs(leaseMs: number): number {
  return Math.max(1_000, Math.min(5_000, leaseMs / 4));
}

/** What is done with a shard that somebody was handed: done with, or to be handed out again later. */
export type Handled = 'done' | 'later';

export interface QueueOptions {
  readonly url: string;
  readonly name: string;
  readonly onProblem: (message: string) => void;
  /** After so long a machine that is dead is found; one that is busy is not robbed. */
  readonly leaseMs: number;
}

/**
 * The engine, which hands shards to machines, and knows when one of them is gone: BullMQ on PostgreSQL. It holds hints:
 * what it forgets is put in again (`offer`), what it hands out twice is fenced by the store. Nothing else knows it.
 */
export class ShardQueue implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #options: QueueOptions;
  readonly #queue: ReturnType<typeof makeQueue>;
  #worker: ReturnType<typeof makeWorker> | undefined;
  #complainedMs = -Infinity;
  readonly #inHand = new Set<Promise<Handled>>();

  private constructor(engine: Engine, options: QueueOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#queue = makeQueue(engine, connectionOf(options), options);
    this.#queue.on('error', (error) => this.#complain(error));
  }

  /** Throws `config` without the engine, or when its tables are not there: one that finds none never looks again. */
  static async open(options: QueueOptions): Promise<ShardQueue> {
    const engine = await loadEngine();
    expectLingering();
    try {
      await withConnection(options.url, `${options.name} engine`, (client) =>
        engine.assertSchemaCompatibility(client, ENGINE_SCHEMA),
      );
      return new ShardQueue(engine, options);
    } catch (cause) {
      throw new SuperviseError('config', 'the tables of the engine (schema bullmq) cannot be used', {
        hint: '`skyflow-supervise store init` makes them; `store check` says more.',
        cause,
      });
    }
  }

  /** Puts in what is open and unknown to the engine, or given up by it. */
  async offer(shards: readonly ShardId[]): Promise<void> {
    for (const shard of shards) {
      const jobId = idOf(shard);
      const job = await this.#queue.getJob(jobId);
      const state = await job?.getState();
      if (state !== undefined && state !== 'completed' && state !== 'failed' && state !== 'unknown') continue;
      await job?.remove();
      await this.#queue.add('shard', { run: shard.run, vault: shard.vault, shard: shard.shard }, { jobId });
    }
  }

  /** Has shards worked on, so many at a time, until `rest`. */
  take(lanes: number, work: (shard: ShardId) => Promise<Handled>): void {
    const { DelayedError } = this.#engine;
    const process = async (job: Job<unknown, void>, token?: string): Promise<void> => {
      const handling = work(hintSchema.parse(job.data));
      this.#inHand.add(handling);
      const handled = await handling.finally(() => this.#inHand.delete(handling));
      if (handled === 'done') return;
      await job.moveToDelayed(Date.now() + lookAgainMs(this.#options.leaseMs), token);
      throw new DelayedError();
    };
    this.#worker = makeWorker(this.#engine, connectionOf(this.#options), process, {
      concurrency: lanes,
      leaseMs: this.#options.leaseMs,
    });
    this.#worker.on('error', (error) => this.#complain(error));
  }

  /** Takes nothing more; resolves when what was taken is handled. */
  async rest(): Promise<void> {
    const closed = this.#worker?.close();
    this.#worker = undefined;
    while (this.#inHand.size > 0) await Promise.allSettled(this.#inHand);
    await soon(closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rest().catch(() => undefined);
    await soon(this.#queue.close()).catch(() => undefined);
  }

  #complain(error: Error): void {
    if (performance.now() - this.#complainedMs < complainEveryMs) return;
    this.#complainedMs = performance.now();
    this.#options.onProblem(`the engine: ${error.name}; it goes on by itself`);
  }
}

/** Waits for the engine as long as makes sense: what it leaves behind costs nothing but the process it is in. */
async function soon(closed: Promise<void> | undefined): Promise<void> {
  const waited = new AbortController();
  try {
    await Promise.race([closed, sleep(closeMs, undefined, { signal: waited.signal, ref: true })]);
  } finally {
    waited.abort();
  }
}

/** The engine makes its own connections, and one that listens. */
function connectionOf({ url, name }: QueueOptions) {
  return {
    connectionString: storeUrl(url),
    schema: ENGINE_SCHEMA,
    application_name: `${name} engine`,
    max: 2,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  };
}

function makeQueue(
  { Queue, createPostgresBackend }: Engine,
  connection: ReturnType<typeof connectionOf>,
  { leaseMs }: Pick<QueueOptions, 'leaseMs'>,
) {
  return new Queue(
    queueName,
    {
      connection,
      defaultJobOptions: {
        attempts: 1_000,
        backoff: { type: 'fixed', delay: lookAgainMs(leaseMs) },
        removeOnComplete: true,
        removeOnFail: true,
      },
    },
    createPostgresBackend,
  );
}

function makeWorker(
  { Worker, createPostgresBackend }: Engine,
  connection: ReturnType<typeof connectionOf>,
  process: Processor<unknown, void>,
  { concurrency, leaseMs: lockDuration }: { readonly concurrency: number; readonly leaseMs: number },
) {
  return new Worker(
    queueName,
    process,
    {
      connection,
      concurrency,
      lockDuration,
      stalledInterval: Math.min(stalledLookMs, lockDuration),
      maxStalledCount: 1_000_000,
      runRetryDelay: 1_000,
    },
    createPostgresBackend,
  );
}

/** What `makeEngineTables` does in an empty database, for review: the engine is given nothing but a pen. */
export async function engineSql(): Promise<string> {
  const { runMigrations } = await loadEngine();
  const statements: string[] = [];
  const literal = (value: unknown): string =>
    typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
  const query = (
    text: string,
    values: readonly unknown[] = [],
  ): Promise<{ rows: never[]; rowCount: number }> => {
    const written = text.replace(/\$(\d+)/g, (whole, at: string) =>
      Number(at) <= values.length ? literal(values[Number(at) - 1]) : whole,
    );
    if (values.length > 0 || !text.startsWith('SELECT')) statements.push(written.trim().replace(/;?$/, ';'));
    return Promise.resolve({ rows: [], rowCount: 0 });
  };
  await runMigrations({ query }, ENGINE_SCHEMA, { skipVersionCheck: true });
  return statements.join('\n');
}

/** Makes the engine's tables, by whoever may. */
export async function makeEngineTables(url: string): Promise<void> {
  const { runMigrations } = await loadEngine();
  await withConnection(url, 'skyflow-supervise store init', (client) => runMigrations(client, ENGINE_SCHEMA));
}

function idOf({ run, vault, shard }: ShardId): string {
  return `${run}.${vault}.${shard}`;
}

async function loadEngine() {
  try {
    return await import('bullmq');
  } catch (cause) {
    throw new SuperviseError('config', 'the engine of loads over several machines is not installed', {
      hint: 'It is the optional package bullmq: npm install pg bullmq.',
      cause,
    });
  }
}
type Engine = Awaited<ReturnType<typeof loadEngine>>;
