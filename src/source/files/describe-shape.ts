import { formatCount } from '../../report/format-numbers.js';
import type { Finding } from '../finding.js';
import type { RepeatedTokens } from './repeated-tokens.js';
import type { CellLengths, InputShape } from '../record-source.js';
import type { InputPreview } from './survey.js';

/** What the rows at the beginning of an input are like, which is all that was read of it, in words. */
export function describePreview(subject: string, { rows, isWhole, shape }: InputPreview): Finding[] {
  if (isWhole) return describeShape(subject, shape);
  const first = `the first ${formatCount(rows)} rows`;
  const seen = describeShape(subject, shape).map((finding) => ({
    ...finding,
    message: `${first}: ${finding.message}`,
  }));
  const message = `what follows ${first}: --no-precount leaves it unread, so nothing is counted or estimated`;
  return [...seen, { status: 'not_checked', subject, message }];
}

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
  const repeated = repeatedTokens && describeRepeated(repeatedTokens, records);
  return repeated === undefined ? findings : [...findings, { subject, ...repeated }];
}

/** Undefined where no token repeats, for certain. */
function describeRepeated(
  { count, oneIn, atFirst }: RepeatedTokens,
  records: number,
): Omit<Finding, 'subject'> | undefined {
  const hint =
    'A token stands for one value: --check-conflicts counts tokens with several. Copies of one record are harmless with upsert only.';
  const followed = `of one token in ${formatCount(oneIn)}, followed through all of them`;
  const among = atFirst && `among the first ${formatCount(atFirst.among)} records`;
  if (count > 0 && among === undefined) return { status: 'warn', message: repeats(count), hint };
  if (count > 0) {
    const about = formatCount(Math.min(count * oneIn, records));
    return { status: 'warn', message: `${repeats(count)}, ${followed}: about ${about} in all`, hint };
  }
  if (atFirst === undefined) return undefined;
  if (atFirst.count > 0) {
    return { status: 'warn', message: `${repeats(atFirst.count)}, ${among}; ${followed}, none does`, hint };
  }
  return {
    status: 'not_checked',
    message: `whether a few tokens repeat: none does ${among}, nor ${followed}`,
    hint: 'plan --check-conflicts looks at all records for tokens with several values.',
  };
}

function repeats(count: number): string {
  return `${formatCount(count)} record${count === 1 ? ' repeats' : 's repeat'} an earlier token`;
}

function inWords({ shortest, longest, mean }: CellLengths): string {
  if (shortest === longest) return `${formatCount(shortest)} character${shortest === 1 ? '' : 's'}`;
  return `${formatCount(shortest)} to ${formatCount(longest)} characters (${mean.toFixed(1)} on average)`;
}
