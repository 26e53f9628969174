import { SuperviseError } from '../errors/supervise-error.js';
import { MAX_MOCK_RECORDS, type MockTable } from './mock-tables.js';
import { formatCount, groupThousands } from '../report/format-numbers.js';

type TableShape = Pick<MockTable, 'name' | 'columns'>;

/** Where rows go. */
export interface TableWriter {
  /** Makes the table if it is missing; resolves with how many rows it holds. */
  prepare(table: TableShape, signal: AbortSignal): Promise<number>;
  truncate(table: TableShape, signal: AbortSignal): Promise<void>;
  /** Adds all of the rows, or none. */
  insert(table: TableShape, rows: readonly (readonly string[])[], signal: AbortSignal): Promise<void>;
  /** The most rows that one `insert` takes. */
  maxRows(table: TableShape): number;
}

/** A table that was there before, with rows in it. */
export interface HeldTable {
  readonly name: string;
  readonly rows: number;
}

export interface FillOptions {
  readonly tables: readonly MockTable[];
  /** Rows for each table. */
  readonly count: number;
  /** Rows of one insert, at most. */
  readonly insertRows: number;
  /** What becomes of rows that are there. Emptying is asked about first, by `confirm`. */
  readonly held: 'refuse' | 'truncate' | 'append';
  readonly confirm: (held: readonly HeldTable[]) => Promise<boolean>;
  readonly writer: TableWriter;
  readonly signal: AbortSignal;
  readonly onProgress?: ((table: string, rows: number) => void) | undefined;
}

/**
 * Fills tables with mock rows; every table is looked at before the first one is changed. Resolves with false when
 * emptying them was declined: then nothing has been changed. Memory holds one insert at a time.
 */
export async function fillTables(options: FillOptions): Promise<boolean> {
  const { tables, count, held, writer, signal } = options;
  if (!Number.isSafeInteger(count) || count < 1 || count > MAX_MOCK_RECORDS) {
    throw new SuperviseError(
      'usage',
      `cannot generate ${groupThousands(count)} rows: 1 to ${formatCount(MAX_MOCK_RECORDS)} are possible`,
    );
  }
  const full: HeldTable[] = [];
  for (const table of tables) {
    const rows = await writer.prepare(table, signal);
    if (rows > 0) full.push({ name: table.name, rows });
  }
  if (full.length > 0 && held === 'refuse') throw refusal(full);
  if (full.length > 0 && held === 'truncate') {
    if (!(await options.confirm(full))) return false;
    for (const table of tables) {
      if (full.some(({ name }) => name === table.name)) await writer.truncate(table, signal);
    }
  }
  for (const table of tables) await fill(table, options);
  return true;
}

async function fill(table: MockTable, options: FillOptions): Promise<void> {
  const { count, writer, signal, onProgress } = options;
  const insertRows = Math.min(options.insertRows, writer.maxRows(table));
  for (let record = 0; record < count;) {
    signal.throwIfAborted();
    const rows: string[][] = [];
    for (const end = Math.min(count, record + insertRows); record < end; record += 1) {
      rows.push(table.rowOf(record));
    }
    await writer.insert(table, rows, signal);
    onProgress?.(table.name, record);
  }
}

function refusal(full: readonly HeldTable[]): SuperviseError {
  const tables = full.map(({ name, rows }) => `${name} (${formatCount(rows)} rows)`).join(' and ');
  return new SuperviseError('usage', `there are rows already in ${tables}; nothing was changed`, {
    hint: 'Empty it first with --truncate, add rows to it with --force, or name another table.',
  });
}
