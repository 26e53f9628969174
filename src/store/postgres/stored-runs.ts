import * as z from 'zod';
import { ERROR_CODES, type ErrorFacts } from '../../errors/supervise-error.js';
import { rateKeys, type Rates } from '../../rates/rates.js';
import { runOrdersSchema, type RunOrders } from '../../control/run-control.js';
import { runRecordSchema, type RunRecord } from '../../run-record/run-record.js';
import { vaultPlanSchema, type VaultLimits, type VaultPlan } from '../run-plan.js';
import { rateColumns, ratesInForce } from './store-control.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import type { ShardId } from '../shard-id.js';
import type { Store } from './store.js';

const count = z.coerce.number().int().nonnegative();

const runRowSchema = z.object({
  run: z.string(),
  version: z.string(),
  record: runRecordSchema,
  recipient: z.string().nullable(),
  fingerprint_key: z.string().nullable(),
  control: z.string(),
  is_finished: z.boolean(),
  /** Somebody has seen more of it than the store knows. */
  forgotten: z.boolean(),
});
export type RunRow = z.output<typeof runRowSchema>;

export const storedErrorSchema = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  hint: z.string().optional(),
});

const vaultRowSchema = z.object({
  vault: z.string(),
  control: z.string(),
  error: storedErrorSchema.nullable(),
  rows: count,
  shards: count,
  shards_done: count,
  /** In the hands of somebody who was heard of lately. */
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
export type StoredVault = z.output<typeof vaultRowSchema>;

const shardRowSchema = z.object({
  vault: z.string(),
  shard: z.int(),
  start_row: count,
  end_row: count,
  is_forgotten: z.boolean(),
});
/** Its positions, and whether any of them may have been sent whatever its lines say. */
export interface OpenShard {
  readonly start: number;
  readonly end: number;
  readonly isForgotten: boolean;
}

/** More than anybody can have seen of a shard beyond what the store knows: its witnesses are overtaken. */
const epochsSkipped = 1_000_000;

/** A machine is heard of every five seconds; after three of them nobody waits for it any more. */
const heardSeconds = 15;

/** The runs of a store, as those who cut, hand out and watch them see them. */
export class StoredRuns {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async run(runId: string): Promise<RunRow | undefined> {
    const [found] = await this.#store.ask(runRowSchema, {
      text: `SELECT run, version, record, recipient, fingerprint_key, control, forgotten, finished_at IS NOT NULL AS is_finished
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

  async vaults(run: string): Promise<StoredVault[]> {
    return this.#store.ask(vaultRowSchema, {
      text: `SELECT v.vault, v.control, v.error, (v.plan->>'end')::bigint - (v.plan->>'start')::bigint AS rows, count(s.shard) AS shards,
               count(*) FILTER (WHERE s.state='done') AS shards_done,
               count(*) FILTER (WHERE s.state='open' AND w.worker IS NOT NULL) AS shards_owned, coalesce(sum(s.epoch), 0) AS epochs,
               coalesce(sum(s.rows_done), 0) AS rows_done, coalesce(sum(s.uploaded), 0) AS uploaded,
               coalesce(sum(s.confirmed), 0) AS confirmed, coalesce(sum(s.failed), 0) AS failed, coalesce(sum(s.held), 0) AS held,
               coalesce(jsonb_agg(jsonb_build_object('is_owned', s.owner IS NOT NULL AND s.state='open', 'snapshot', s.snapshot))
                 FILTER (WHERE s.snapshot IS NOT NULL), '[]') AS snapshots
             FROM ${S}.vault v LEFT JOIN ${S}.shard s USING (run, vault)
               LEFT JOIN ${S}.worker w ON w.worker=s.owner AND w.seen_at > now() - interval '${heardSeconds} seconds' WHERE v.run=$1
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

  /** What has stopped is gone on with by `reopen` alone, whatever somebody says who has not seen it yet. */
  async setControl(run: string, control: 'go' | 'pause' | 'stop'): Promise<void> {
    await this.#store.tell(
      `UPDATE ${S}.run SET control=CASE WHEN control='stop' THEN control ELSE $2 END WHERE run=$1`,
      [run, control],
    );
  }

  /** Runs that nothing is sent for until somebody says so, and who has asked for that. */
  async paused(): Promise<{ run: string; orders: RunOrders | null }[]> {
    return this.#store.ask(z.object({ run: z.string(), orders: runOrdersSchema.nullable() }), {
      text: `SELECT run, orders FROM ${S}.run WHERE finished_at IS NULL AND control='pause' ORDER BY run`,
    });
  }

  /** Of each vault; where vaults share limits, of all of them together. */
  async setRates(run: string, rates: Rates): Promise<void> {
    await this.#store.tell(
      `UPDATE ${S}.target SET ${rateColumns.map((name, at) => `${name}=$${at + 2}::float8 / sharing`).join(', ')}
         FROM ${S}.run WHERE target.run=$1 AND run.run=$1`,
      [run, ...rateKeys.map((key) => rates[key])],
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
      `UPDATE ${S}.shard SET is_forgotten=true, owner=NULL, epoch=epoch + ${epochsSkipped} WHERE run=$1 AND state='open'`,
      [run],
    );
    await this.#store.tell(`UPDATE ${S}.run SET forgotten=false WHERE run=$1`, [run]);
  }

  /** Nothing of a run is sent any more, by anybody, until it is repaired. */
  async reportForgotten(run: string): Promise<void> {
    await this.#store.tell(`UPDATE ${S}.run SET forgotten=true, control='stop' WHERE run=$1`, [run]);
  }

  /** A run goes on that had come to rest, with the limits that are configured now. */
  async reopen(run: string, record: RunRecord, limits: readonly VaultLimits[]): Promise<void> {
    for (const { name, rates, maxFailed, maxHeld, maxErrorShare } of limits) {
      await this.#store.tell(
        `UPDATE ${S}.vault SET rates=$3, max_failed=$4, max_held=$5, max_error_share=$6 WHERE run=$1 AND vault=$2`,
        [run, name, rates, maxFailed, maxHeld, maxErrorShare],
      );
    }
    await this.#store.tell(`UPDATE ${S}.vault SET control='go', error=NULL WHERE run=$1`, [run]);
    await this.#store.tell(`DELETE FROM ${S}.problem WHERE run=$1`, [run]);
    // An order to pause holds over resumes.
    await this.#store.tell(
      `UPDATE ${S}.run SET control=CASE WHEN (orders->>'paused')::boolean THEN 'pause' ELSE 'go' END, record=$2, finished_at=NULL WHERE run=$1`,
      [run, record],
    );
    await this.#store.tell(ratesInForce, [run]);
  }

  /**
   * The run has come to rest; `isOver`: nothing of it was left to be done. Unless somebody has put more behind it since, or
   * while this is done, it is at its end, and others may load into its tables. The record of whoever came later stays.
   */
  async finish(run: string, record: RunRecord, isOver: boolean): Promise<void> {
    await this.#store.tell(`SELECT ${S}.finish($1,$2,$3)`, [run, record, isOver]);
  }

  /** Deletes all that is held of a run; false: nothing is. */
  async forget(run: string): Promise<boolean> {
    const known = (await this.run(run)) !== undefined;
    for (const table of ['line', 'entry', 'damaged_line', 'problem', 'tenure', 'shard', 'vault', 'run'])
      await this.#store.tell(`DELETE FROM ${S}.${table} WHERE run=$1`, [run]);
    const freed = await this.#store.ask(z.object({ target: z.string() }), {
      text: `UPDATE ${S}.target SET run=NULL WHERE run=$1 RETURNING target`,
      values: [run],
    });
    return known || freed.length > 0;
  }

  /** Whether anything is left to be worked on, in any run. */
  async isIdle(): Promise<boolean> {
    const [found] = await this.#store.ask(z.object({ left: count }), {
      text: `SELECT count(*) AS left FROM ${S}.shard s JOIN ${S}.vault v USING (run, vault) JOIN ${S}.run r USING (run)
               WHERE s.state='open' AND v.control='go' AND r.control IN ('go','pause') AND r.finished_at IS NULL`,
    });
    return found?.left === 0;
  }
}
