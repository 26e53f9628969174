import { formatCount } from '../../../src/report/format-numbers.js';

/** What was done about test records of one that was killed. */
export function leftBehind(deleted: number): string {
  return `${formatCount(deleted)} test records that a qualify before this one had left behind are deleted.`;
}
