import * as z from 'zod';
import type { ErrorFacts } from '../errors/supervise-error.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import type { ShardId } from './shard-id.js';
import type { Store } from './store.js';
import { storedErrorSchema } from './stored-runs.js';

const count = z.coerce.number().int().nonnegative();

const problemSchema = z.object({ vault: z.string(), workers: count, error: storedErrorSchema });
const workerSchema = z.object({
  worker: z.string(),
  host: z.string(),
  pid: z.int(),
  lanes: z.int(),
  seen_ms: z.coerce.number(),
  shards: count,
});
export type WorkerRow = z.output<typeof workerSchema>;

/** A worker that was not heard of for so long is not counted on. */
const aliveSeconds = 30;

/** Who works on the runs of a store: for people, but for whoever is wrong by itself (`report`, `stuck`). */
export class StoredWorkers {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Where a shard stands, for people. */
  async show({ run, vault, shard }: ShardId, snapshot: unknown): Promise<void> {
    await this.#store.tell(`UPDATE ${S}.shard SET snapshot=$4 WHERE run=$1 AND vault=$2 AND shard=$3`, [
      run,
      vault,
      shard,
      snapshot,
    ]);
  }

  async beat(worker: {
    id: string;
    host: string;
    pid: number;
    version: string;
    lanes: number;
  }): Promise<void> {
    await this.#store.tell(
      `INSERT INTO ${S}.worker (worker, host, pid, version, lanes) VALUES ($1,$2,$3,$4,$5)
         ON CONFLICT (worker) DO UPDATE SET seen_at=now(), lanes=excluded.lanes`,
      [worker.id, worker.host, worker.pid, worker.version, worker.lanes],
    );
  }

  async leave(workerId: string): Promise<void> {
    await this.#store.tell(`DELETE FROM ${S}.worker WHERE worker=$1`, [workerId]);
    await this.#store.tell(`DELETE FROM ${S}.problem WHERE worker=$1`, [workerId]);
  }

  /** Why a worker leaves a vault to others for a while. */
  async report(
    workerId: string,
    { run, vault }: Pick<ShardId, 'run' | 'vault'>,
    error: ErrorFacts,
    forSeconds: number,
  ): Promise<void> {
    await this.#store.tell(
      `INSERT INTO ${S}.problem (worker, run, vault, error, until) VALUES ($1,$2,$3,$4,now() + $5 * interval '1 second')
         ON CONFLICT (worker, run, vault) DO UPDATE SET error=excluded.error, until=excluded.until`,
      [workerId, run, vault, error, forSeconds],
    );
  }

  async workers(): Promise<WorkerRow[]> {
    return this.#store.ask(workerSchema, {
      text: `SELECT w.worker, w.host, w.pid, w.lanes, extract(epoch FROM now() - w.seen_at) * 1000 AS seen_ms,
               (SELECT count(*) FROM ${S}.shard s WHERE s.owner = w.worker AND s.state='open') AS shards
             FROM ${S}.worker w WHERE w.seen_at > now() - interval '1 hour' ORDER BY w.worker`,
    });
  }

  /** Vaults that every worker which is alive leaves to others, and why. */
  async stuck(run: string): Promise<{ vault: string; error: ErrorFacts }[]> {
    const found = await this.#store.ask(problemSchema, {
      text: `WITH alive AS (SELECT worker FROM ${S}.worker WHERE seen_at > now() - interval '${aliveSeconds} seconds')
             SELECT p.vault, count(*) AS workers, (array_agg(p.error ORDER BY p.until))[1] AS error
               FROM ${S}.problem p JOIN alive USING (worker) WHERE p.run=$1 AND p.until > now()
               GROUP BY p.vault HAVING count(*) >= (SELECT count(*) FROM alive)`,
      values: [run],
    });
    return found.map(({ vault, error: { hint, ...error } }) => ({
      vault,
      error: hint === undefined ? error : { ...error, hint },
    }));
  }
}
