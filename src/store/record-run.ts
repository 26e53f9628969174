import * as z from 'zod';
import { rateKeys } from '../rates/rates.js';
import type { PlannedRun } from './run-plan.js';
import { rateColumns } from './store-control.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import { tableTaken } from './table-taken.js';
import type { Store } from './store.js';

/** Records a run, all of it or nothing; once is enough. Throws `locked` when another run has one of its tables. */
export async function recordRun(
  store: Store,
  { runId, version, record, recipient, fingerprintKey, sharing, vaults }: PlannedRun,
): Promise<void> {
  await store.transaction(async (client) => {
    const made = await client.query(
      `INSERT INTO ${S}.run (run, version, record, recipient, fingerprint_key, sharing) VALUES ($1,$2,$3,$4,$5,$6) ON CONFLICT DO NOTHING`,
      [runId, version, record, recipient, fingerprintKey, sharing],
    );
    if (made.rowCount === 0) return;
    for (const vault of vaults) {
      const { name, target, rates, maxFailed, maxHeld, maxErrorShare, plan, shards } = vault;
      const taken = await client.query(
        `INSERT INTO ${S}.target AS t (target, run, ${rateColumns.join(', ')}) VALUES ($1,$2,${rateColumns.map((_, at) => `$${at + 3}`).join(',')})
           ON CONFLICT (target) DO UPDATE SET run=excluded.run, ${rateColumns.map((name) => `${name}=excluded.${name}`).join(', ')}
           WHERE t.run IS NULL OR t.run=excluded.run`,
        [target, runId, ...rateKeys.map((key) => rates[key])],
      );
      if (taken.rowCount === 0) {
        const holder = await client.query(`SELECT run FROM ${S}.target WHERE target=$1`, [target]);
        const [found] = z.array(z.object({ run: z.string() })).parse(holder.rows);
        throw tableTaken(name, found?.run ?? 'RUN');
      }
      await client.query(
        `INSERT INTO ${S}.vault (run, vault, target, max_failed, max_held, max_error_share, rates, plan) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`,
        [runId, name, target, maxFailed, maxHeld, maxErrorShare, rates, plan],
      );
      await client.query(
        `INSERT INTO ${S}.shard (run, vault, shard, start_row, end_row)
           SELECT $1, $2, i - 1, s, e FROM unnest($3::bigint[], $4::bigint[]) WITH ORDINALITY u(s, e, i)`,
        [runId, name, shards.map(({ start }) => start), shards.map(({ end }) => end)],
      );
    }
  });
}
