import * as z from 'zod';
import type { JournalChain } from '../../journal/journal-chain.js';
import { parseBody, type JournalLine } from '../../journal/journal-line.js';
import { damaged, REPAIR } from '../../journal/storage-error.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import { describeShard, type ShardId } from '../shard-id.js';
import type { Store } from './store.js';

const lineSchema = z.object({ seq: z.int(), line: z.string() });
const entrySchema = z.object({ seq: z.int(), n: z.int(), entry: z.string() });

/** Rows that are read at a time. */
const pageRows = 5_000;

/** The lines of a shard in their order, and where the chain stands behind them. Throws `DamageError` for what is not intact. */
export async function* readShardLines(
  store: Store,
  id: ShardId,
  chain: JournalChain,
  signal?: AbortSignal,
): AsyncGenerator<JournalLine> {
  let last = 0;
  for (;;) {
    const page = await store.ask(
      lineSchema,
      {
        text: `SELECT seq, line FROM ${S}.line WHERE run=$1 AND vault=$2 AND shard=$3 AND seq>$4 ORDER BY seq LIMIT ${pageRows}`,
        values: [id.run, id.vault, id.shard, last],
      },
      { signal },
    );
    for (const { seq, line } of page) {
      const body = seq === last + 1 ? chain.take(Buffer.from(line)) : undefined;
      if (body === undefined) throw damaged(describeShard(id), `line ${last + 1} is not intact`, REPAIR);
      last = seq;
      yield parseBody(body);
    }
    if (page.length < pageRows) return;
  }
}

/** The error entries of a shard, in their order. */
export async function* readEntries(store: Store, id: ShardId): AsyncGenerator<string> {
  let [seq, n] = [0, 0];
  for (;;) {
    const page = await store.ask(entrySchema, {
      text: `SELECT seq, n, entry FROM ${S}.entry WHERE run=$1 AND vault=$2 AND shard=$3 AND (seq, n) > ($4, $5)
               ORDER BY seq, n LIMIT ${pageRows}`,
      values: [id.run, id.vault, id.shard, seq, n],
    });
    for (const row of page) {
      ({ seq, n } = row);
      yield row.entry;
    }
    if (page.length < pageRows) return;
  }
}
