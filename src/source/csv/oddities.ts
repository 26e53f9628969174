import { WINDOWS_OWN } from './decode-text.js';

/**
 * What is hardly ever meant as data, in a file that is otherwise in order. `bom`, `header_row` and `nul` are refused,
 * `control` and `footer` warned of before the first request; `csv.accept` names those that are meant.
 */
export const ODDITIES = ['bom', 'header_row', 'nul', 'control', 'footer'] as const;
export type Oddity = (typeof ODDITIES)[number];

/** Where cells of control characters only, and lines that programs print around a result, were seen. */
export interface OddRows {
  controlCells: number;
  firstControlLine: number | undefined;
  /** The line of a first row that reads as headers, where there are none. */
  headerLine: number | undefined;
  /** The line of a first row that only underlines the header. */
  ruleLine: number | undefined;
  /** The line of a character that latin1 has, and no text: read as such, windows-1252 gives it. */
  foreignLine: number | undefined;
  /** The line of the first letter beyond ASCII in a file of single bytes in which all of them are whole characters of UTF-8. */
  utf8Line: number | undefined;
  /** The line of a last row that counts the others, as clients print it. */
  footerLine: number | undefined;
}

const columnName = /^[\p{L}_][\p{L}\p{N}_ .-]{0,63}$/u;
/** A character beyond ASCII in UTF-8, its bytes read as latin1 or windows-1252. */
export const utf8Character = utf8Read();
const controlsOnly = /^\p{Cc}+$/u;
const rule = /^[-=]{3,}(?:[-=+|,;\t ]*)$/;
const footers: readonly RegExp[] = [
  // psql, sqlcmd, SQL*Plus, mysql, DB2, isql, Hive, DuckDB
  /^\(?\s*(?:\d[\d,.]*|no)\s+(?:rows?|records?)(?:\(s\))?(?:\s+(?:selected|affected|returned|in set|exported|fetched|retrieved|unloaded)\b[^,;|\t]*)?\s*\)?\.?$/i,
  /^(?:Query OK|Time(?: taken)?:|Elapsed:|Disconnected from|Warning: Null value)/i,
  /^\\\.$/,
];

/** Whether a row reads like a line that a program prints below a result. */
export function isFooter(row: string): boolean {
  const text = row.trim();
  return text.length < 200 && footers.some((pattern) => pattern.test(text));
}

/** Whether a row only underlines the header. */
export function isRule(row: string): boolean {
  return rule.test(row.trim());
}

/** Whether a row names columns, one of them for tokens. */
export function readsAsHeaders(fields: readonly string[]): boolean {
  const names = fields.map((field) => field.replace(/^"(.*)"$/, '$1'));
  return names.every((name) => columnName.test(name)) && names.some((name) => /tok(?:en)?s?$/i.test(name));
}

export function isControlsOnly(cell: string): boolean {
  return controlsOnly.test(cell);
}

/** Where a CR stands outside of quotes that is not part of a line end; -1 when none does. */
export function strayReturn(text: string): number {
  let inQuotes = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === 0x22) inQuotes = !inQuotes;
    else if (character === 0x0d && !inQuotes && text.charCodeAt(at + 1) !== 0x0a) return at;
  }
  return -1;
}

/** The warnings of one file, with counts. */
export function describeOddRows(path: string, rows: OddRows, accepted: ReadonlySet<Oddity>): string[] {
  const warnings: string[] = [];
  if (rows.controlCells > 0 && !accepted.has('control')) {
    warnings.push(
      `${path}: ${rows.controlCells} cell${rows.controlCells === 1 ? ' consists' : 's consist'} of control characters only, the first in line ` +
        `${rows.firstControlLine ?? 0}; they are loaded as they stand (csv.accept: "control" says that they are meant)`,
    );
  }
  if (rows.utf8Line !== undefined) {
    warnings.push(
      `${path}, line ${rows.utf8Line}: all letters beyond ASCII are written as UTF-8 writes them, and would be loaded as two or three others each; csv.encoding: "utf8" reads them`,
    );
  } else if (rows.foreignLine !== undefined) {
    warnings.push(
      `${path}, line ${rows.foreignLine}: bytes from 0x80 to 0x9F, which latin1 has no letters for; csv.encoding: "windows-1252" reads them as Windows writes them`,
    );
  }
  if (rows.headerLine !== undefined) {
    warnings.push(
      `${path}, line ${rows.headerLine}: the first row looks like a header, and is loaded as 1 record (csv.header: "every" or "first" says that it is one; csv.accept: "header_row" says that the row is meant)`,
    );
  }
  const printed = [
    { line: rows.ruleLine, what: 'the first row only underlines the header' },
    {
      line: rows.footerLine,
      what: 'the last row reads like the count of rows that a program prints below them',
    },
  ];
  for (const { line, what } of printed) {
    if (line === undefined || accepted.has('footer')) continue;
    warnings.push(
      `${path}, line ${line}: ${what}; it is loaded as 1 record (remove the line, or csv.accept: "footer" says that it is meant)`,
    );
  }
  return warnings;
}

function utf8Read(): RegExp {
  const next = `[\\u0080-\\u00bf${WINDOWS_OWN}]`;
  return new RegExp(`[\\u00c2-\\u00df]${next}|[\\u00e0-\\u00ef]${next}{2}|[\\u00f0-\\u00f4]${next}{3}`, 'g');
}
