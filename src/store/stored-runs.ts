import * as z from 'zod';
import { ERROR_CODES, SuperviseError, type ErrorFacts } from '../errors/supervise-error.js';
import type { Rates } from '../config/rates.js';
import { submittedQuerySchema } from '../protocol/query.js';
import { runRecordSchema, type RunRecord } from '../run/run-record.js';
import { inputIdentitySchema } from '../source/input-identity.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import type { ShardId } from './shard-id.js';
import type { Store } from './store.js';

const count = z.coerce.number().int().nonnegative();

/** What a vault's source was found to be when it was cut. */
const vaultPlanSchema = z.object({
  rows: count,
  /** The positions that are loaded: `end` is the first behind them. */
  start: count,
  end: count,
  is_limited: z.boolean(),
  inputs: z.array(inputIdentitySchema),
  query: submittedQuerySchema.nullable(),
  table_count: count.nullable(),
  /** What was seen of the files, as it stands in the run directory of whoever cut. */
  pieces: z.string().nullable(),
});
export type VaultPlan = z.output<typeof vaultPlanSchema>;

/** A vault of a run that is recorded. */
export interface PlannedVault {
  readonly name: string;
  /** Names the table of the vault, whatever the run: what is paced together. */
  readonly target: string;
  readonly rates: Rates;
  readonly maxFailed: number | undefined;
  readonly maxHeld: number | undefined;
  readonly plan: VaultPlan;
  readonly shards: readonly { readonly start: number; readonly end: number }[];
}

export interface PlannedRun {
  readonly runId: string;
  readonly version: string;
  readonly record: RunRecord;
  /** To whom error entries are sealed; undefined: they are redacted. */
  readonly recipient: string | undefined;
  readonly fingerprintKey: string | undefined;
  readonly vaults: readonly PlannedVault[];
}

const runRowSchema = z.object({
  run: z.string(),
  version: z.string(),
  record: runRecordSchema,
  recipient: z.string().nullable(),
  fingerprint_key: z.string().nullable(),
  control: z.string(),
  is_finished: z.boolean(),
});
export type RunRow = z.output<typeof runRowSchema>;

const errorSchema = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  hint: z.string().optional(),
});

const vaultRowSchema = z.object({
  vault: z.string(),
  control: z.string(),
  error: errorSchema.nullable(),
  rows: count,
  shards: count,
  shards_done: count,
  shards_owned: count,
  epochs: count,
  rows_done: count,
  uploaded: count,
  confirmed: count,
  failed: count,
  held: count,
  /** Of the last process of each shard, and whether it is at work. */
  snapshots: z.array(z.object({ is_owned: z.boolean(), snapshot: z.unknown() })),
});
export type VaultRow = z.output<typeof vaultRowSchema>;

const shardRowSchema = z.object({
  vault: z.string(),
  shard: z.int(),
  start_row: count,
  end_row: count,
  is_forgotten: z.boolean(),
});
const problemSchema = z.object({ vault: z.string(), workers: count, error: errorSchema });
const workerSchema = z.object({
  worker: z.string(),
  host: z.string(),
  pid: z.int(),
  lanes: z.int(),
  seen_ms: z.coerce.number(),
  shards: count,
});
export type WorkerRow = z.output<typeof workerSchema>;

/** Its positions, and whether any of them may have been sent whatever its lines say. */
export interface OpenShard {
  readonly start: number;
  readonly end: number;
  readonly isForgotten: boolean;
}

/** A worker that was not heard of for so long is not counted on. */
const aliveSeconds = 30;

/** The runs of a store, as those who cut, hand out and watch them see them. */
export class StoredRuns {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Records a run, all of it or nothing; once is enough. Throws `locked` when another run has one of its tables. */
  async record({ runId, version, record, recipient, fingerprintKey, vaults }: PlannedRun): Promise<void> {
    await this.#store.transaction(async (client) => {
      const made = await client.query(
        `INSERT INTO ${S}.run (run, version, record, recipient, fingerprint_key) VALUES ($1,$2,$3,$4,$5) ON CONFLICT DO NOTHING`,
        [runId, version, record, recipient, fingerprintKey],
      );
      if (made.rowCount === 0) return;
      for (const { name, target, rates, maxFailed, maxHeld, plan, shards } of vaults) {
        const {
          max_requests_per_second: requests,
          max_records_per_second: records,
          max_bytes_per_second: bytes,
        } = rates;
        const taken = await client.query(
          `INSERT INTO ${S}.target AS t (target, run, requests_per_second, records_per_second, bytes_per_second) VALUES ($1,$2,$3,$4,$5)
             ON CONFLICT (target) DO UPDATE SET run=excluded.run, requests_per_second=excluded.requests_per_second,
               records_per_second=excluded.records_per_second, bytes_per_second=excluded.bytes_per_second
             WHERE t.run IS NULL OR t.run=excluded.run`,
          [target, runId, requests, records, bytes],
        );
        if (taken.rowCount === 0) {
          const holder = await client.query(`SELECT run FROM ${S}.target WHERE target=$1`, [target]);
          const [found] = z.array(z.object({ run: z.string() })).parse(holder.rows);
          throw new SuperviseError(
            'locked',
            `vault ${name}: run ${found?.run ?? ''} of this store loads into its table`,
            {
              hint: `Go on with it (\`resume ${found?.run ?? 'RUN'} --store\`), or give it up: \`store forget ${found?.run ?? 'RUN'}\`.`,
            },
          );
        }
        await client.query(
          `INSERT INTO ${S}.vault (run, vault, target, max_failed, max_held, plan) VALUES ($1,$2,$3,$4,$5,$6)`,
          [runId, name, target, maxFailed, maxHeld, plan],
        );
        await client.query(
          `INSERT INTO ${S}.shard (run, vault, shard, start_row, end_row)
             SELECT $1, $2, i - 1, s, e FROM unnest($3::bigint[], $4::bigint[]) WITH ORDINALITY u(s, e, i)`,
          [runId, name, shards.map(({ start }) => start), shards.map(({ end }) => end)],
        );
      }
    });
  }

  async run(runId: string): Promise<RunRow | undefined> {
    const [found] = await this.#store.ask(runRowSchema, {
      text: `SELECT run, version, record, recipient, fingerprint_key, control, finished_at IS NOT NULL AS is_finished
               FROM ${S}.run WHERE run=$1`,
      values: [runId],
    });
    return found;
  }

  /** The ids of the runs that are not at their end, oldest first. */
  async unfinished(): Promise<string[]> {
    const found = await this.#store.ask(z.object({ run: z.string() }), {
      text: `SELECT run FROM ${S}.run WHERE finished_at IS NULL ORDER BY run`,
    });
    return found.map(({ run }) => run);
  }

  async plan(run: string, vault: string): Promise<VaultPlan | undefined> {
    const [found] = await this.#store.ask(z.object({ plan: vaultPlanSchema }), {
      text: `SELECT plan FROM ${S}.vault WHERE run=$1 AND vault=$2`,
      values: [run, vault],
    });
    return found?.plan;
  }

  /** A shard that is to be worked on; undefined when it is done, or its run or vault is not to go on. */
  async openShard({ run, vault, shard }: ShardId): Promise<OpenShard | undefined> {
    const [found] = await this.#store.ask(shardRowSchema, {
      text: `SELECT s.vault, s.shard, s.start_row, s.end_row, s.is_forgotten FROM ${S}.shard s JOIN ${S}.vault v USING (run, vault) JOIN ${S}.run r USING (run)
               WHERE s.run=$1 AND s.vault=$2 AND s.shard=$3 AND s.state='open' AND v.control='go' AND r.control IN ('go','pause')`,
      values: [run, vault, shard],
    });
    return found && { start: found.start_row, end: found.end_row, isForgotten: found.is_forgotten };
  }

  /** What is to be handed out, the vaults by turns. */
  async openShards(run: string): Promise<ShardId[]> {
    const found = await this.#store.ask(shardRowSchema, {
      text: `SELECT s.vault, s.shard, s.start_row, s.end_row, s.is_forgotten FROM ${S}.shard s JOIN ${S}.vault v USING (run, vault)
               WHERE s.run=$1 AND s.state='open' AND v.control='go' ORDER BY s.shard, s.vault`,
      values: [run],
    });
    return found.map(({ vault, shard }) => ({ run, vault, shard }));
  }

  async vaults(run: string): Promise<VaultRow[]> {
    return this.#store.ask(vaultRowSchema, {
      text: `SELECT v.vault, v.control, v.error, (v.plan->>'end')::bigint - (v.plan->>'start')::bigint AS rows, count(s.shard) AS shards,
               count(*) FILTER (WHERE s.state='done') AS shards_done,
               count(*) FILTER (WHERE s.state='open' AND s.owner IS NOT NULL) AS shards_owned, coalesce(sum(s.epoch), 0) AS epochs,
               coalesce(sum(s.rows_done), 0) AS rows_done, coalesce(sum(s.uploaded), 0) AS uploaded,
               coalesce(sum(s.confirmed), 0) AS confirmed, coalesce(sum(s.failed), 0) AS failed, coalesce(sum(s.held), 0) AS held,
               coalesce(jsonb_agg(jsonb_build_object('is_owned', s.owner IS NOT NULL AND s.state='open', 'snapshot', s.snapshot))
                 FILTER (WHERE s.snapshot IS NOT NULL), '[]') AS snapshots
             FROM ${S}.vault v LEFT JOIN ${S}.shard s USING (run, vault) WHERE v.run=$1
             GROUP BY v.run, v.vault, v.control, v.error, v.plan ORDER BY v.vault`,
      values: [run],
    });
  }

  /** What grows with everything durable that was done for a run, and never shrinks. */
  async witness(run: string): Promise<number> {
    const [found] = await this.#store.ask(z.object({ witness: count }), {
      text: `SELECT coalesce(sum(epoch::bigint + durable_seq), 0) AS witness FROM ${S}.shard WHERE run=$1`,
      values: [run],
    });
    return found?.witness ?? 0;
  }

  async setControl(run: string, control: 'go' | 'pause' | 'stop'): Promise<void> {
    await this.#store.tell(`UPDATE ${S}.run SET control=$2 WHERE run=$1`, [run, control]);
  }

  async setRates(run: string, rates: Rates): Promise<void> {
    await this.#store.tell(
      `UPDATE ${S}.target SET requests_per_second=$2, records_per_second=$3, bytes_per_second=$4 WHERE run=$1`,
      [run, rates.max_requests_per_second, rates.max_records_per_second, rates.max_bytes_per_second],
    );
  }

  /** Nothing more is sent for a vault, by anybody. */
  async endVault(run: string, vault: string, error: ErrorFacts): Promise<void> {
    await this.#store.tell(
      `UPDATE ${S}.vault SET control=CASE WHEN control='go' THEN 'ended' ELSE control END, error=coalesce(error, $3) WHERE run=$1 AND vault=$2`,
      [run, vault, error],
    );
  }

  /**
   * The store has forgotten a part of a run: rows of every shard that is not done may have been sent by anybody, and
   * whoever is left over from what was forgotten must never be taken for an owner.
   */
  async distrust(run: string): Promise<void> {
    await this.#store.tell(
      `UPDATE ${S}.shard SET is_forgotten=true, owner=NULL, epoch=epoch + 1000 WHERE run=$1 AND state='open'`,
      [run],
    );
  }

  /** A run goes on that had come to rest. */
  async reopen(run: string, record: RunRecord): Promise<void> {
    await this.#store.tell(`UPDATE ${S}.vault SET control='go', error=NULL WHERE run=$1`, [run]);
    await this.#store.tell(`DELETE FROM ${S}.problem WHERE run=$1`, [run]);
    await this.#store.tell(`UPDATE ${S}.run SET control='go', record=$2, finished_at=NULL WHERE run=$1`, [
      run,
      record,
    ]);
  }

  /** The run has come to rest; `isOver`: nothing of it is left to be done, and others may load into its tables. */
  async finish(run: string, record: RunRecord, isOver: boolean): Promise<void> {
    await this.#store.tell(
      `UPDATE ${S}.run SET record=$2, finished_at=CASE WHEN $3 THEN now() END WHERE run=$1`,
      [run, record, isOver],
    );
    if (isOver) await this.#store.tell(`UPDATE ${S}.target SET run=NULL WHERE run=$1`, [run]);
  }

  /** Deletes all that is held of a run; false: nothing is. */
  async forget(run: string): Promise<boolean> {
    const known = (await this.run(run)) !== undefined;
    for (const table of ['line', 'entry', 'damaged_line', 'problem', 'shard', 'vault', 'run'])
      await this.#store.tell(`DELETE FROM ${S}.${table} WHERE run=$1`, [run]);
    await this.#store.tell(`UPDATE ${S}.target SET run=NULL WHERE run=$1`, [run]);
    return known;
  }

  /** Whether anything is left to be worked on, in any run. */
  async isIdle(): Promise<boolean> {
    const [found] = await this.#store.ask(z.object({ left: count }), {
      text: `SELECT count(*) AS left FROM ${S}.shard s JOIN ${S}.vault v USING (run, vault) JOIN ${S}.run r USING (run)
               WHERE s.state='open' AND v.control='go' AND r.control IN ('go','pause') AND r.finished_at IS NULL`,
    });
    return found?.left === 0;
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
