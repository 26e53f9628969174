import * as z from 'zod';
import type { PositionRange } from '../record/batch.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import type { Store } from './store.js';
import { tableTaken } from './table-taken.js';

/** Rows of a vault that are meant now and were not when its run was cut, in shards of their own. */
export interface MoreShards {
  readonly name: string;
  /** Behind those that the run has. */
  readonly shards: readonly PositionRange[];
  /** Whether the source has more, and a limit that nobody asked for keeps them out. */
  readonly isLimited: boolean;
}

const foundSchema = z.object({
  target: z.string(),
  end: z.coerce.number(),
  shards: z.coerce.number(),
});
const holderSchema = z.object({ run: z.string().nullable() });

/**
 * Puts shards behind those of a run, of all vaults or of none, and takes their tables again if the run had let go of them;
 * what somebody else has put there meanwhile stays. Throws `locked` when another run has one of the tables.
 */
export async function extendRun(store: Store, run: string, more: readonly MoreShards[]): Promise<void> {
  if (more.length === 0) return;
  await store.transaction(async (client) => {
    await client.query(`SELECT 1 FROM ${S}.run WHERE run=$1 FOR UPDATE`, [run]);
    for (const { name, shards, isLimited } of more) {
      const rows = await client.query(
        `SELECT target, plan->'end' AS end, (SELECT count(*) FROM ${S}.shard s WHERE s.run=v.run AND s.vault=v.vault) AS shards
           FROM ${S}.vault v WHERE run=$1 AND vault=$2 FOR UPDATE`,
        [run, name],
      );
      const [vault] = z.array(foundSchema).parse(rows.rows);
      if (vault === undefined || vault.end !== shards[0]?.start) continue;
      const held = await client.query(
        `UPDATE ${S}.target SET run=coalesce(run, $2) WHERE target=$1 RETURNING run`,
        [vault.target, run],
      );
      const [holder] = z.array(holderSchema).parse(held.rows);
      if (holder?.run !== run) throw tableTaken(name, holder?.run ?? 'RUN');
      await client.query(
        `INSERT INTO ${S}.shard (run, vault, shard, start_row, end_row)
           SELECT $1, $2, $3::int + i - 1, s, e FROM unnest($4::bigint[], $5::bigint[]) WITH ORDINALITY u(s, e, i)`,
        [run, name, vault.shards, shards.map(({ start }) => start), shards.map(({ end }) => end)],
      );
      await client.query(`UPDATE ${S}.vault SET plan=plan || $3::jsonb WHERE run=$1 AND vault=$2`, [
        run,
        name,
        { end: shards.at(-1)?.end, is_limited: isLimited },
      ]);
    }
  });
}
