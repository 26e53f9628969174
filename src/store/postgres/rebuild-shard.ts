import * as z from 'zod';
import { entrySchema } from '../../error-log/error-log-entry.js';
import { JournalChain, readLinked, storedChecksum } from '../../journal/journal-chain.js';
import { formatBody, parseBody, type JournalLine, type WritableLine } from '../../journal/journal-line.js';
import { isHeld, type LedgerHeader } from '../../journal/ledger-contract.js';
import { LedgerState } from '../../journal/ledger-state.js';
import type { PositionRange } from '../../record/batch.js';
import { RangeSet, type PositionSet } from '../../record/range-set.js';
import { STORE_SCHEMA as S } from './schema-sql.js';
import type { OwnedShard } from '../shard-id.js';
import type { Store } from './store.js';

export interface RebuildOptions {
  readonly header: LedgerHeader;
  /** The lines hold, but are known to be too old: they do not say how far the run had got. */
  readonly hasForgotten: boolean;
}

const textSchema = z.object({ line: z.string() });
const entryTextSchema = z.object({ entry: z.string() });
const reservedSchema = z.object({ reserved_to: z.coerce.number() });

/**
 * Puts the journal of a damaged shard together again: settled is what an intact line or an entry of the error log
 * proves, in doubt every other row that may have been sent. The lines that were there are kept. Resolves with the number
 * of the last line.
 */
export async function rebuildShard(
  store: Store,
  { run, vault, shard, epoch }: OwnedShard,
  { header, hasForgotten }: RebuildOptions,
): Promise<number> {
  const key = [run, vault, shard];
  const where = 'run=$1 AND vault=$2 AND shard=$3';
  return store.transaction(async (client) => {
    const owned = await client.query(
      `SELECT reserved_to FROM ${S}.shard WHERE ${where} AND epoch=$4 FOR UPDATE`,
      [...key, epoch],
    );
    const reserved = z.array(reservedSchema).parse(owned.rows)[0]?.reserved_to ?? 0;
    const lines = await client.query(`SELECT line FROM ${S}.line WHERE ${where} ORDER BY seq`, key);
    const entries = await client.query(`SELECT entry FROM ${S}.entry WHERE ${where} ORDER BY seq, n`, key);
    const texts = z.array(textSchema).parse(lines.rows);
    const rebuilt = rebuildLines(
      [
        ...salvage(
          texts.map(({ line }) => line),
          header,
        ),
      ],
      adopt(z.array(entryTextSchema).parse(entries.rows)),
      { header, reservedTo: reserved, isBounded: !hasForgotten },
    );
    await client.query(
      `INSERT INTO ${S}.damaged_line (run, vault, shard, seq, line) SELECT run, vault, shard, seq, line FROM ${S}.line WHERE ${where}`,
      key,
    );
    await client.query(`DELETE FROM ${S}.line WHERE ${where}`, key);
    const chain = new JournalChain();
    const sealed = rebuilt.lines.map((line) => chain.seal(formatBody(line)).slice(0, -1));
    await client.query(
      `INSERT INTO ${S}.line SELECT $1,$2,$3,i,$4,l FROM unnest($5::text[]) WITH ORDINALITY u(l, i)`,
      [...key, epoch, sealed],
    );
    const { read, uploaded, confirmed, failed, held } = rebuilt.state.totals;
    await client.query(
      `UPDATE ${S}.shard SET seq=$5, durable_seq=greatest(durable_seq, $5), reserved_to=$6, rows_done=$7, uploaded=$8, confirmed=$9, failed=$10, held=$11
         WHERE ${where} AND epoch=$4`,
      [...key, epoch, sealed.length, rebuilt.reservedTo, read, uploaded, confirmed, failed, held],
    );
    return sealed.length;
  });
}

/** What the error log proves without its journal. */
interface Adopted {
  readonly failed: RangeSet;
  readonly held: RangeSet;
  readonly entries: number;
}

function adopt(entries: readonly { readonly entry: string }[]): Adopted {
  const failed = new RangeSet();
  const held = new RangeSet();
  let count = 0;
  for (const { entry } of entries) {
    count += 1;
    const raw = entrySchema.parse(JSON.parse(entry));
    for (const { Position: start } of raw.records) {
      if (start === undefined) continue;
      failed.add({ start, end: start + 1 });
      if (isHeld(raw)) held.add({ start, end: start + 1 });
    }
  }
  return { failed, held, entries: count };
}

/** The lines that prove themselves: each fits the checksum of the line before as it stands there, and the header. */
function* salvage(texts: readonly string[], header: LedgerHeader): Generator<JournalLine> {
  const first = new JournalChain();
  first.seal(formatBody({ kind: 'header', header }));
  const seed = first.mark.checksum;
  let before = 0;
  let sequence = 0;
  for (const [at, text] of texts.entries()) {
    const line = Buffer.from(text);
    const found = readLinked(line, before, at === 0 ? 0 : seed);
    before = storedChecksum(line) ?? before;
    if (found === undefined || found.sequence <= sequence) continue;
    sequence = found.sequence;
    yield parseBody(found.body);
  }
}

function rebuildLines(
  salvaged: readonly JournalLine[],
  { failed, held, entries }: Adopted,
  known: { readonly header: LedgerHeader; readonly reservedTo: number; readonly isBounded: boolean },
): { lines: WritableLine[]; state: LedgerState; reservedTo: number } {
  const lines: WritableLine[] = [];
  const state = new LedgerState();
  const write = (line: WritableLine): void => {
    state.apply(line);
    lines.push(line);
  };
  let reservedTo = Math.max(known.reservedTo, [...failed].at(-1)?.end ?? 0);
  let isBounded = known.isBounded;
  let start = Infinity;
  for (const line of salvaged) {
    if (line.kind === 'reserve' || line.kind === 'settle') {
      reservedTo = Math.max(reservedTo, line.range.end);
      start = Math.min(start, line.range.start);
    }
    if (line.kind === 'extent') start = line.start;
    if (line.kind === 'repair' && line.sentBelow === undefined) isBounded = false;
  }
  write({ kind: 'header', header: known.header });
  for (const kind of ['inputs', 'query', 'extent'] as const) {
    const last = salvaged.findLast((line) => line.kind === kind);
    if (last !== undefined && last.kind !== 'unknown') write(last);
  }
  const at = new Date().toISOString();
  write({ kind: 'repair', at, sentBelow: isBounded ? reservedTo : undefined, entries, failed: failed.size });
  const from = Number.isFinite(start) ? start : 0;
  if (reservedTo > from) write({ kind: 'reserve', range: { start: from, end: reservedTo }, ahead: false });
  for (const line of salvaged) {
    // What failed has to stand in the error log: a line that says more than it is no proof.
    if (line.kind !== 'settle' || countIn(failed, line.range) !== line.failed) continue;
    const settled = { ...line, entries: 0 };
    if (state.objection(settled) === undefined) write(settled);
  }
  for (const range of failed.subtract(state.settled)) {
    const count = range.end - range.start;
    const rest = { uploaded: 0, confirmed: 0, skipped: {}, entries: 0 };
    write({ kind: 'settle', range, failed: count, held: countIn(held, range), ...rest });
  }
  return { lines, state, reservedTo };
}

function countIn(positions: PositionSet, range: PositionRange): number {
  const missing = positions.gaps(range).reduce((sum, { start, end }) => sum + end - start, 0);
  return range.end - range.start - missing;
}
