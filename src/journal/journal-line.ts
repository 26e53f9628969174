import * as z from 'zod';
import type { PositionRange, SkipReason } from '../record/batch.js';
import { SKIP_REASONS } from '../record/batch.js';
import { withFormerName } from '../source/input-identity.js';
import type { LedgerHeader, LedgerInputs, LedgerQuery } from './ledger-contract.js';

/** A judged range as the journal keeps it. */
export interface SettleLine {
  readonly kind: 'settle';
  readonly range: PositionRange;
  readonly uploaded: number;
  readonly confirmed: number;
  readonly failed: number;
  /** How many of `failed` are held back because they may be in the vault. */
  readonly held: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Entries that this settlement added to the error log. */
  readonly entries: number;
}

/** What may be known of rows in doubt. */
export type DoubtNote = 'foreign' | 'unproven' | 'alone';

/** What is known of a journal that was put together again from its remains. */
export interface RepairLine {
  readonly kind: 'repair';
  /** ISO 8601. */
  readonly at: string;
  /** Rows from here on were certainly never sent; undefined: nobody knows how far the run had got. */
  readonly sentBelow: number | undefined;
  /** What the error log holds: records of lines behind this one, which bring no entries of their own. */
  readonly entries: number;
  readonly failed: number;
}

/**
 * One line of a journal. As text: a word and what belongs to it, e.g.
 * `settle 300-600 uploaded=297 failed=2 empty_value=1 entries=1`, and what the store puts behind it.
 * Zero counts are left out.
 */
export type JournalLine =
  | { readonly kind: 'header'; readonly header: LedgerHeader }
  | { readonly kind: 'open'; readonly pid: number; readonly at: string }
  | { readonly kind: 'inputs'; readonly inspection: LedgerInputs }
  | { readonly kind: 'query'; readonly query: LedgerQuery }
  /** The positions that the ledger covers, from `start` up to `end`; undefined: to the source's end, wherever that is. */
  | { readonly kind: 'extent'; readonly start: number; readonly end: number | undefined }
  /** `ahead`: none of it is sent before a `handed` line says so. */
  | { readonly kind: 'reserve'; readonly range: PositionRange; readonly ahead: boolean }
  | { readonly kind: 'release' | 'handed'; readonly range: PositionRange }
  /**
   * Of rows in doubt, that the vault does not hold their tokens proves nothing. `foreign`: it took them under tokens of
   * its own. `unproven`: nobody knew yet whether it keeps tokens when they were sent. `alone`, of rows that may have been refused
   * because others have their tokens: it did not hold them before they were sent, so that one that it holds later is theirs.
   */
  | { readonly kind: DoubtNote; readonly range: PositionRange }
  | SettleLine
  | RepairLine
  /** Intact, but not of this version. */
  | { readonly kind: 'unknown' };

/** Written: 2. Of version 0.1: 1. */
const HEADER = /^skyflow-supervise journal [12] /;

const count = z.int().nonnegative();
const headerSchema = z.object({
  run: z.string(),
  vault: z.string(),
  vault_id: z.string(),
  table: z.string(),
  column: z.string(),
  started_at: z.iso.datetime(),
});
const inputsSchema = z.object({
  tableCount: count.optional(),
  rows: count.optional(),
  inputs: z.array(
    z.preprocess(
      withFormerName,
      z.object({
        role: z.string(),
        part: count.optional(),
        name: z.string(),
        sizeBytes: count.optional(),
        modifiedAt: z.string().optional(),
        rows: count.optional(),
        fingerprint: z.string().optional(),
      }),
    ),
  ),
});

const querySchema = z.object({
  queryId: z.string(),
  submittedAt: z.iso.datetime(),
  sql: z.string(),
  table: z.string().optional(),
});

const repairSchema = z
  .object({
    at: z.iso.datetime(),
    sent_below: count.optional(),
    entries: count,
    failed: count,
  })
  .transform(({ at, sent_below: sentBelow, entries, failed }): RepairLine => ({
    kind: 'repair',
    at,
    sentBelow,
    entries,
    failed,
  }));

/** A line that may be written. */
export type WritableLine = Exclude<JournalLine, { kind: 'unknown' }>;

/** The line as text, without number, checksum and line end. */
export function formatBody(line: WritableLine): string {
  switch (line.kind) {
    case 'header': {
      const { runId, vaultName, vaultId, table, column, startedAt } = line.header;
      return `skyflow-supervise journal 2 ${JSON.stringify({ run: runId, vault: vaultName, vault_id: vaultId, table, column, started_at: startedAt })}`;
    }
    case 'open':
      return `open pid=${line.pid} at=${line.at}`;
    case 'inputs':
      return `inputs ${JSON.stringify(line.inspection)}`;
    case 'query':
      return `query ${JSON.stringify(line.query)}`;
    case 'reserve':
      return `reserve ${line.range.start}-${line.range.end}${line.ahead ? ' ahead' : ''}`;
    case 'release':
    case 'handed':
    case 'foreign':
    case 'unproven':
    case 'alone':
      return `${line.kind} ${line.range.start}-${line.range.end}`;
    case 'extent':
      return `extent ${line.start}-${line.end ?? ''}`;
    case 'settle':
      return formatSettle(line);
    case 'repair': {
      const { at, sentBelow, entries, failed } = line;
      return `repair ${JSON.stringify({ at, sent_below: sentBelow, entries, failed })}`;
    }
    default:
      return line satisfies never;
  }
}

function formatSettle(line: SettleLine): string {
  let text = `settle ${line.range.start}-${line.range.end}`;
  if (line.uploaded > 0) text += ` uploaded=${line.uploaded}`;
  if (line.confirmed > 0) text += ` confirmed=${line.confirmed}`;
  if (line.failed > 0) text += ` failed=${line.failed}`;
  if (line.held > 0) text += ` held=${line.held}`;
  for (const reason of SKIP_REASONS) {
    const skipped = line.skipped[reason] ?? 0;
    if (skipped > 0) text += ` ${reason}=${skipped}`;
  }
  if (line.entries > 0) text += ` entries=${line.entries}`;
  return text;
}

/** What a line says. */
export function parseBody(body: string): JournalLine {
  return parseKnown(body) ?? { kind: 'unknown' };
}

function parseKnown(body: string): JournalLine | undefined {
  const word = body.slice(0, body.indexOf(' '));
  switch (word) {
    case 'skyflow-supervise':
      return HEADER.test(body) ? parseHeader(body.replace(HEADER, '')) : undefined;
    case 'open': {
      const match = /^open pid=(\d+) at=(\S+)$/.exec(body);
      return match === null ? undefined : { kind: 'open', pid: Number(match[1]), at: match[2] ?? '' };
    }
    case 'inputs': {
      const inspection = inputsSchema.safeParse(parseJson(body.slice('inputs '.length))).data;
      return inspection && { kind: 'inputs', inspection: { ...inspection, rows: inspection.rows } };
    }
    case 'query': {
      const query = querySchema.safeParse(parseJson(body.slice('query '.length))).data;
      return query && { kind: 'query', query };
    }
    case 'reserve': {
      const [, rangeText, mode, ...more] = body.split(' ');
      const range = parseRange(rangeText);
      if (range === undefined || more.length > 0 || (mode !== undefined && mode !== 'ahead'))
        return undefined;
      return { kind: 'reserve', range, ahead: mode === 'ahead' };
    }
    case 'release':
    case 'handed':
    case 'foreign':
    case 'unproven':
    case 'alone': {
      const range = parseRange(body.slice(word.length + 1));
      return range && { kind: word, range };
    }
    case 'extent':
      return parseExtent(body);
    case 'settle':
      return parseSettle(body.split(' '));
    case 'repair':
      return repairSchema.safeParse(parseJson(body.slice('repair '.length))).data;
    default:
      return undefined;
  }
}

function parseHeader(text: string): JournalLine | undefined {
  const fields = headerSchema.safeParse(parseJson(text)).data;
  return (
    fields && {
      kind: 'header',
      header: {
        runId: fields.run,
        vaultName: fields.vault,
        vaultId: fields.vault_id,
        table: fields.table,
        column: fields.column,
        startedAt: fields.started_at,
      },
    }
  );
}

function parseSettle([, rangeText, ...fields]: readonly string[]): SettleLine | undefined {
  const range = parseRange(rangeText);
  if (range === undefined) return undefined;
  const counts = new Map<string, number>();
  for (const field of fields) {
    const equals = field.indexOf('=');
    const value = Number(field.slice(equals + 1));
    if (equals < 1 || !Number.isSafeInteger(value) || value < 1) return undefined;
    counts.set(field.slice(0, equals), value);
  }
  const taken = (name: string): number => {
    const value = counts.get(name) ?? 0;
    counts.delete(name);
    return value;
  };
  const skipped: Partial<Record<SkipReason, number>> = {};
  for (const reason of SKIP_REASONS) {
    const value = taken(reason);
    if (value > 0) skipped[reason] = value;
  }
  const line: SettleLine = {
    kind: 'settle',
    range,
    skipped,
    uploaded: taken('uploaded'),
    confirmed: taken('confirmed'),
    failed: taken('failed'),
    held: taken('held'),
    entries: taken('entries'),
  };
  // A count that this version does not know would be lost from the totals.
  return counts.size === 0 ? line : undefined;
}

function parseRange(text: string | undefined): PositionRange | undefined {
  const match = /^(\d{1,16})-(\d{1,16})$/.exec(text ?? '');
  if (match === null) return undefined;
  const range = { start: Number(match[1]), end: Number(match[2]) };
  return range.start < range.end && Number.isSafeInteger(range.end) ? range : undefined;
}

function parseExtent(body: string): JournalLine | undefined {
  const match = /^extent (\d{1,16})-(\d{1,16})?$/.exec(body);
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = match[2] === undefined ? undefined : Number(match[2]);
  const isRange =
    Number.isSafeInteger(start) && Number.isSafeInteger(end ?? start) && start <= (end ?? start);
  return isRange ? { kind: 'extent', start, end } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
