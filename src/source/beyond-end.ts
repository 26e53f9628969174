import { formatCount } from '../report/format-numbers.js';
import type { Finding } from './finding.js';

/** What is said where a load begins behind the last row, however many there are. */
export function sayNoneFrom(start: number, rows?: number): string {
  const had = rows === undefined ? 'no rows' : `${formatCount(rows)} rows, and none`;
  return `the source has ${had} from row ${formatCount(start)} on`;
}

/** A warning where a source of so many rows has none of those that are meant; none while nobody knows how many it has. */
export function warnBeyondEnd(subject: string, start = 0, rows?: number): Finding[] {
  if (rows === undefined || rows === 0 || start < rows) return [];
  const hint = 'Rows count from 0, and a load of these sends nothing: choose another --start-record.';
  return [{ status: 'warn', subject, message: sayNoneFrom(start, rows), hint }];
}
