import { formatCount } from '../../report/format-numbers.js';
import type { Finding } from '../finding.js';
import type { CellLengths, InputShape } from './survey.js';

/** What records are like, in words: their number, lengths, what is left out. No value stands in it. */
export function describeShape(subject: string, shape: InputShape): Finding[] {
  const { records, skipped, values, tokens, repeatedTokens } = shape;
  const findings: Finding[] = [];
  if (values !== undefined && tokens !== undefined) {
    const left = [
      { count: skipped.empty_value, what: 'without a value' },
      { count: skipped.empty_token, what: 'without a token' },
    ].filter(({ count }) => count > 0);
    const out = left.map(({ count, what }) => `${formatCount(count)} ${what}`).join(', ');
    findings.push({
      status: 'good',
      subject,
      message: `${formatCount(records)} record${records === 1 ? '' : 's'}${out === '' ? ', no row is skipped' : `; skipped: ${out}`}; values of ${inWords(values)}, tokens of ${inWords(tokens)}`,
    });
  } else {
    findings.push({
      status: 'warn',
      subject,
      message: 'no row has both a value and a token: nothing would be sent',
    });
  }
  if (repeatedTokens.count > 0) {
    const among =
      repeatedTokens.among < records ? ` among the first ${formatCount(repeatedTokens.among)} records` : '';
    findings.push({
      status: 'warn',
      subject,
      message: `${formatCount(repeatedTokens.count)} record${repeatedTokens.count === 1 ? ' repeats' : 's repeat'} a token that stands there before${among}`,
      hint: 'A token stands for one value: --check-conflicts counts tokens with several. Copies of one record are harmless with upsert only.',
    });
  } else if (repeatedTokens.among < records) {
    findings.push({
      status: 'not_checked',
      subject,
      message: `whether tokens repeat beyond the first ${formatCount(repeatedTokens.among)} records, among which none does`,
      hint: 'plan --check-conflicts looks at all records for tokens with several values.',
    });
  }
  return findings;
}

function inWords({ shortest, longest, mean }: CellLengths): string {
  if (shortest === longest) return `${formatCount(shortest)} character${shortest === 1 ? '' : 's'}`;
  return `${formatCount(shortest)} to ${formatCount(longest)} characters (${mean.toFixed(1)} on average)`;
}
