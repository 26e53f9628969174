import * as z from 'zod';
import type { ErrorFacts } from '../../errors/supervise-error.js';
import { machineStateSchema, type MachineState } from '../machine-state.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import type { ShardId } from '../shard-id.js';
import type { Store } from './store.js';
import { storedErrorSchema } from './stored-runs.js';

const count = z.coerce.number().int().nonnegative();

const problemSchema = z.object({ vault: z.string(), workers: count, error: storedErrorSchema });
/** A worker that was not heard of for so long is not counted on. */
const aliveSeconds = 30;
const patienceMs = 5_000;

/** Who works on the runs of a store: for people, but for whoever is wrong by itself (`report`, `stuck`). */
export class StoredWorkers {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Where a shard stands, for people. */
  async show({ run, vault, shard }: ShardId, snapshot: unknown): Promise<void> {
    await this.#tell(`UPDATE ${S}.shard SET snapshot=$4 WHERE run=$1 AND vault=$2 AND shard=$3`, [
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
    await this.#tell(
      `INSERT INTO ${S}.worker (worker, host, pid, version, lanes) VALUES ($1,$2,$3,$4,$5)
         ON CONFLICT (worker) DO UPDATE SET seen_at=now(), lanes=excluded.lanes`,
      [worker.id, worker.host, worker.pid, worker.version, worker.lanes],
    );
  }

  async leave(workerId: string): Promise<void> {
    await this.#tell(`DELETE FROM ${S}.worker WHERE worker=$1`, [workerId]);
    await this.#tell(`DELETE FROM ${S}.problem WHERE worker=$1`, [workerId]);
  }

  /** Why a worker leaves a vault to others for a while. */
  async report(
    workerId: string,
    { run, vault }: Pick<ShardId, 'run' | 'vault'>,
    error: ErrorFacts,
    forSeconds: number,
  ): Promise<void> {
    await this.#tell(
      `INSERT INTO ${S}.problem (worker, run, vault, error, until) VALUES ($1,$2,$3,$4,now() + $5 * interval '1 second')
         ON CONFLICT (worker, run, vault) DO UPDATE SET error=excluded.error, until=excluded.until`,
      [workerId, run, vault, error, forSeconds],
    );
  }

  /** What is said again in a while is not worth a long wait for a database that is away. */
  async #tell(text: string, values: readonly unknown[]): Promise<void> {
    await this.#store.tell(text, values, { signal: AbortSignal.timeout(patienceMs) });
  }

  /** Who works on a run or has worked on it, and who could. */
  async machines(run: string): Promise<MachineState[]> {
    return this.#store.ask(machineStateSchema, {
      text: `WITH turn AS (
               SELECT t.*, lead(t.rows_before) OVER (PARTITION BY t.vault, t.shard ORDER BY t.epoch) AS rows_after
                 FROM ${S}.tenure t WHERE t.run=$1
             ), part AS (
               SELECT t.worker, t.vault, t.shard, s.snapshot, greatest(0, coalesce(t.rows_after, s.rows_done) - t.rows_before) AS rows,
                   s.state='open' AND s.owner=t.worker AND s.epoch=t.epoch AS is_owned
                 FROM turn t JOIN ${S}.shard s ON s.run=$1 AND s.vault=t.vault AND s.shard=t.shard
             ), work AS (
               SELECT worker, count(DISTINCT (vault, shard)) AS shards, sum(rows) AS rows,
                   coalesce(jsonb_agg(jsonb_build_object('vault', vault, 'shard', shard)) FILTER (WHERE is_owned), '[]') AS working_on,
                   coalesce(sum((snapshot->>'records_per_second')::float8) FILTER (WHERE is_owned), 0) AS records_per_second,
                   coalesce(sum((snapshot->>'requests_per_second')::float8) FILTER (WHERE is_owned), 0) AS requests_per_second
                 FROM part GROUP BY worker
             ), alive AS (
               SELECT worker, lanes, round(greatest(0, extract(epoch FROM now() - seen_at) * 1000)) AS silent_ms
                 FROM ${S}.worker WHERE seen_at > now() - interval '1 hour'
             )
             SELECT worker, lanes, silent_ms, coalesce(shards, 0) AS shards, coalesce(rows, 0) AS rows,
                 coalesce(working_on, '[]') AS working_on, coalesce(records_per_second, 0) AS records_per_second,
                 coalesce(requests_per_second, 0) AS requests_per_second
               FROM alive FULL JOIN work USING (worker) ORDER BY worker`,
      values: [run],
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
