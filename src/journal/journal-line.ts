import { crc32 } from 'node:zlib';
import * as z from 'zod';
import type { PositionRange, SkipReason } from '../record/batch.js';
import { SKIP_REASONS } from '../record/batch.js';
import type { SourceInspection } from '../source/record-source.js';
import type { LedgerHeader, LedgerQuery } from './ledger-contract.js';

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
  /** Bytes of the error log, up to the end of its last entry, when this line was written; 0: there is none. */
  readonly logBytes: number;
}

/**
 * One line of a journal. As text: a word, what belongs to it, and the CRC-32 of both as 8 hex digits, e.g.
 * `settle 300-600 uploaded=297 failed=2 empty_value=1 entries=1 log=1843 5d0b21aa`. Zero counts are left out.
 */
export type JournalLine =
  | { readonly kind: 'header'; readonly header: LedgerHeader }
  | { readonly kind: 'open'; readonly pid: number; readonly at: string }
  | { readonly kind: 'inputs'; readonly inspection: SourceInspection }
  | { readonly kind: 'query'; readonly query: LedgerQuery }
  | { readonly kind: 'reserve' | 'release'; readonly range: PositionRange }
  | SettleLine
  /** Intact, but not of this version. */
  | { readonly kind: 'unknown' };

const PROGRAM = 'skyflow-supervise journal ';
const HEADER = `${PROGRAM}1 `;
const CHECKSUM_LENGTH = 9;

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
  rows: count.optional(),
  inputs: z.array(
    z.object({
      role: z.string(),
      name: z.string(),
      sizeBytes: count.optional(),
      modifiedAt: z.string().optional(),
      rows: count.optional(),
      sha256: z.string().optional(),
    }),
  ),
});

const querySchema = z.object({
  queryId: z.string(),
  submittedAt: z.iso.datetime(),
  sql: z.string(),
  table: z.string().optional(),
});

/** The line as it stands in the file, checksum and line end included. */
export function formatLine(line: Exclude<JournalLine, { kind: 'unknown' }>): string {
  const body = formatBody(line);
  return `${body} ${crc32(body).toString(16).padStart(8, '0')}\n`;
}

/** A line without its line end; undefined when its checksum is not right. */
export function parseLine(bytes: Buffer): JournalLine | undefined {
  const bodyLength = bytes.length - CHECKSUM_LENGTH;
  if (bodyLength < 1) return undefined;
  const checksum = bytes.toString('latin1', bodyLength);
  const expected = crc32(bytes.subarray(0, bodyLength)).toString(16).padStart(8, '0');
  if (checksum !== ` ${expected}`) return undefined;
  return parseBody(bytes.toString('utf8', 0, bodyLength)) ?? { kind: 'unknown' };
}

function formatBody(line: Exclude<JournalLine, { kind: 'unknown' }>): string {
  switch (line.kind) {
    case 'header': {
      const { runId, vaultName, vaultId, table, column, startedAt } = line.header;
      return `${HEADER}${JSON.stringify({ run: runId, vault: vaultName, vault_id: vaultId, table, column, started_at: startedAt })}`;
    }
    case 'open':
      return `open pid=${line.pid} at=${line.at}`;
    case 'inputs':
      return `inputs ${JSON.stringify(line.inspection)}`;
    case 'query':
      return `query ${JSON.stringify(line.query)}`;
    case 'reserve':
    case 'release':
      return `${line.kind} ${line.range.start}-${line.range.end}`;
    case 'settle':
      return formatSettle(line);
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
  if (line.logBytes > 0) text += ` log=${line.logBytes}`;
  return text;
}

function parseBody(body: string): JournalLine | undefined {
  const word = body.slice(0, body.indexOf(' '));
  switch (word) {
    case 'skyflow-supervise':
      return body.startsWith(HEADER) ? parseHeader(body.slice(HEADER.length)) : undefined;
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
    case 'reserve':
    case 'release': {
      const range = parseRange(body.slice(word.length + 1));
      return range && { kind: word, range };
    }
    case 'settle':
      return parseSettle(body.split(' '));
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
    logBytes: taken('log'),
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
