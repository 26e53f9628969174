import { countSkipped, type Batch } from '../../record/batch.js';
import type { CellLengths, InputShape, RecordSource } from '../record-source.js';
import type { RowPairs } from './pair-reader.js';
import { RepeatedTokenCounter, type RepeatedTokens } from './repeated-tokens.js';
import { formatCount } from '../../report/format-numbers.js';
import type { Finding } from '../finding.js';

/** What the beginning of an input is like. */
export interface InputPreview {
  /** So many rows were read, */
  readonly rows: number;
  /** and there are no others. */
  readonly isWhole: boolean;
  readonly shape: InputShape;
}

/** Looks at the first rows of a source, as a load reads them. */
export async function previewRecords(
  source: Pick<RecordSource, 'open'>,
  mostRows: number,
  signal: AbortSignal,
): Promise<InputPreview> {
  const survey = new Survey();
  const cursor = await source.open(signal);
  try {
    for (let rows = 0; ;) {
      const batch = await cursor.read({ start: rows, end: mostRows }, mostRows);
      if (batch === undefined) return { rows, isWhole: rows < mostRows, shape: survey.shape };
      survey.addBatch(batch);
      rows = batch.end;
    }
  } finally {
    await cursor.close();
  }
}

/** Counts what records are like, in bounded memory. */
export class Survey {
  readonly #values = new LengthCount();
  readonly #tokens = new LengthCount();
  readonly #repeated = new RepeatedTokenCounter();
  #emptyValues = 0;
  #emptyTokens = 0;

  /** `cells`: where value and token stand in the blocks. */
  add({ rows, data, tokens }: RowPairs, cells: { readonly value: number; readonly token: number }): void {
    const valueCells = data.block.columns[cells.value] ?? [];
    const tokenCells = tokens.block.columns[cells.token] ?? [];
    for (let row = 0; row < rows; row += 1) {
      const value = valueCells[data.from + row] ?? '';
      const token = tokenCells[tokens.from + row] ?? '';
      if (value === '') this.#emptyValues += 1;
      else if (token === '') this.#emptyTokens += 1;
      else this.#addRecord(value, token);
    }
  }

  addBatch({ values, tokens, skipped }: Batch): void {
    for (const [at, value] of values.entries()) this.#addRecord(value, tokens[at] ?? '');
    const { empty_value: emptyValues = 0, empty_token: emptyTokens = 0 } = countSkipped(skipped);
    this.#emptyValues += emptyValues;
    this.#emptyTokens += emptyTokens;
  }

  get shape(): InputShape {
    return {
      records: this.#values.count,
      skipped: { empty_value: this.#emptyValues, empty_token: this.#emptyTokens },
      values: this.#values.lengths,
      tokens: this.#tokens.lengths,
      repeatedTokens: this.#repeated.result,
    };
  }

  #addRecord(value: string, token: string): void {
    this.#values.add(value.length);
    this.#tokens.add(token.length);
    this.#repeated.add(token);
  }
}

class LengthCount {
  count = 0;
  #shortest = Infinity;
  #longest = 0;
  #sum = 0;

  add(length: number): void {
    this.count += 1;
    this.#sum += length;
    if (length < this.#shortest) this.#shortest = length;
    if (length > this.#longest) this.#longest = length;
  }

  get lengths(): CellLengths | undefined {
    if (this.count === 0) return undefined;
    return { shortest: this.#shortest, longest: this.#longest, mean: this.#sum / this.count };
  }
}

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
    hint: '`plan --check-conflicts` looks at all records for tokens with several values.',
  };
}

function repeats(count: number): string {
  return `${formatCount(count)} record${count === 1 ? ' repeats' : 's repeat'} an earlier token`;
}

function inWords({ shortest, longest, mean }: CellLengths): string {
  if (shortest === longest) return `${formatCount(shortest)} character${shortest === 1 ? '' : 's'}`;
  return `${formatCount(shortest)} to ${formatCount(longest)} characters (${mean.toFixed(1)} on average)`;
}
