import type { DriverRow } from './load-driver.js';
import { formatCount } from '../../report/format-numbers.js';

/** Rows at the beginning of a result that are looked at before the first request. */
export const sampleRows = 1_000;
/** So many tokens of one value are no chance: a vault holds one token for a value. */
const fewestTokens = 3;

/**
 * What people should know of a result before the first request; no record stands in it. A masking policy gives a role
 * without rights a mask in place of every value, a row access policy gives it no rows, and a limit that somebody set gives
 * the first rows alone: each without a word.
 */
export function resultWarnings(result: {
  readonly totalRows: number;
  /** Of them those that are meant. */
  readonly rows: number;
  readonly sample: readonly DriverRow[];
  /** The SQL, where it is the user's own. */
  readonly ownSql: string | undefined;
  /** Somebody else asked for it. */
  readonly isForeign: boolean;
}): readonly string[] {
  const { totalRows, rows, sample } = result;
  if (rows === 0) return [nothingToRead(totalRows)];
  return [mask(sample), limit(result)].filter((warning) => warning !== undefined);
}

function nothingToRead(totalRows: number): string {
  if (totalRows > 0) return `no row lies in the range asked for; the query gives ${formatCount(totalRows)}`;
  return `the query gives no rows. If there should be some, check snowflake.role: a row access policy hides rows from roles without a word`;
}

function mask(sample: readonly DriverRow[]): string | undefined {
  const filled = sample.filter(([value, token]) => typeof value === 'string' && typeof token === 'string');
  const tokens = new Set(filled.map(([, token]) => token));
  const [first] = filled;
  if (tokens.size < fewestTokens || filled.some(([value]) => value !== first?.[0])) return undefined;
  return `the first ${formatCount(tokens.size)} tokens all have one and the same value. If that is a mask, the role (snowflake.role) may not see the values: stop, and load with one that may`;
}

const literalsAndComments = /'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"]|"")*"|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const limits = /\b(?:LIMIT|TOP|FETCH\s+(?:FIRST\s+|NEXT\s+)?|SAMPLE\s*\()\s*(\d+)\b/gi;

function limit({
  totalRows,
  ownSql,
  isForeign,
}: {
  readonly totalRows: number;
  readonly ownSql: string | undefined;
  readonly isForeign: boolean;
}): string | undefined {
  const code = ownSql?.replace(literalsAndComments, ' ') ?? '';
  if ([...code.matchAll(limits)].some(([, count]) => Number(count) === totalRows)) {
    return `the query gives exactly as many rows as it is limited to (${formatCount(totalRows)}): what lies behind them is not loaded`;
  }
  // Worksheets and ROWS_PER_RESULTSET end a result at round numbers.
  if (!isForeign || totalRows % 1_000 !== 0) return undefined;
  return `the result of the given query has exactly ${formatCount(totalRows)} rows: if whoever asked for it had a limit, what lies behind it is not loaded`;
}
