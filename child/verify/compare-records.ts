import { SuperviseError } from '../../src/errors/supervise-error.js';
import { recordPositions, sliceBatch, type Batch } from '../../src/record/batch.js';
import { RangeSet, type PositionSet } from '../../src/record/range-set.js';
import type { RecordSource } from '../../src/source/record-source.js';
import type { DrawnPositions } from '../../src/verification/draw-sample.js';
import type { ComparedRows, VerificationProgress } from '../../src/verification/progress-file.js';
import { BatchReader } from '../load/batch-reader.js';
import { BatchSizeLimit } from '../deliver/batch-size-limit.js';
import type { TaskOptions } from '../task.js';
import type { VaultReading } from './open-reading.js';
import { suffixing } from '../load/suffix-batch.js';
import { formatCount } from '../../src/report/format-numbers.js';

interface CompareOptions extends TaskOptions {
  readonly source: RecordSource;
  readonly vault: VaultReading;
}

/** How long requests on their way may take after an error. */
const drainAfterErrorMs = 5_000;

/** Compares every expected row that the progress does not have yet; each answer goes into it at once. */
export async function compareEverything(
  options: CompareOptions & { readonly progress: VerificationProgress; readonly expected: PositionSet },
): Promise<void> {
  const { job, stop, source, metrics, progress, expected } = options;
  const open = new RangeSet(expected).subtract(progress.state.compared);
  if (open.size === 0) return;
  const sizeLimit = newSizeLimit(options);
  const suffix = suffixing(job, (durationMs) => metrics.spent('suffix', durationMs));
  const cursor = await source.open(stop.stopping);
  try {
    const reader = new BatchReader({
      cursor,
      ranges: open,
      batchSize: () => sizeLimit.current,
      onRead: (durationMs) => metrics.spent('source_read', durationMs),
    });
    await inParallel(options, async () => {
      const batch = await reader.next();
      if (batch === undefined) return false;
      try {
        await compareBatch(suffix(batch), options, sizeLimit, (rows) => progress.record(rows));
      } finally {
        reader.done(batch);
      }
      return true;
    });
  } finally {
    await cursor.close();
  }
  const left = open.subtract(progress.state.compared).size;
  if (left > 0) throw shorter(job.vault.name, left);
}

/** Compares the first `size` records of those drawn; drawn rows that are skipped count for nothing. */
export async function compareSample(
  options: CompareOptions & {
    readonly progress: Pick<VerificationProgress, 'record'>;
    readonly drawn: DrawnPositions;
    readonly size: number;
  },
): Promise<void> {
  const { job, metrics, drawn, size, progress } = options;
  const sizeLimit = newSizeLimit(options);
  const suffix = suffixing(job, (durationMs) => metrics.spent('suffix', durationMs));
  const found = await readDrawn(options, suffix);
  const chosen = found
    .sort((one, other) => (drawn.get(one.position) ?? 0) - (drawn.get(other.position) ?? 0))
    .slice(0, size)
    .sort((one, other) => one.position - other.position);
  let next = 0;
  await inParallel(options, async () => {
    const records = chosen.slice(next, next + sizeLimit.current);
    next += records.length;
    if (records.length === 0) return false;
    const pending = [records];
    for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
      const held = await options.vault.ask({
        values: part.map(({ value }) => value),
        tokens: part.map(({ token }) => token),
      });
      if (held === 'too_many') {
        sizeLimit.lower(part.length, 'so many tokens are refused');
        const half = Math.ceil(part.length / 2);
        pending.unshift(part.slice(0, half), part.slice(half));
        continue;
      }
      for (const [at, { position, value }] of part.entries()) {
        progress.record({
          start: position,
          end: position + 1,
          ...judge([position], [value], [held[at]]),
          skipped: 0,
        });
      }
      metrics.batchSettled('immediate', part.length);
    }
    return true;
  });
}

interface DrawnRecord {
  readonly position: number;
  readonly value: string;
  readonly token: string;
}

async function readDrawn(
  { source, stop, job, drawn }: CompareOptions & { readonly drawn: DrawnPositions },
  suffix: (batch: Batch) => Batch,
): Promise<DrawnRecord[]> {
  const ranges = new RangeSet([...drawn.keys()].map((position) => ({ start: position, end: position + 1 })));
  const records: DrawnRecord[] = [];
  const cursor = await source.open(stop.stopping);
  try {
    for (const range of ranges) {
      for (let start = range.start; start < range.end;) {
        stop.stopping.throwIfAborted();
        const batch = await cursor.read({ start, end: range.end }, job.performance.batch_size);
        if (batch === undefined) throw shorter(job.vault.name, range.end - start);
        const { values, tokens } = suffix(batch);
        for (const [at, position] of recordPositions(batch).entries()) {
          records.push({ position, value: values[at] ?? '', token: tokens[at] ?? '' });
        }
        start = batch.end;
      }
    }
  } finally {
    await cursor.close();
  }
  return records;
}

async function compareBatch(
  batch: Batch,
  { vault, metrics }: CompareOptions,
  sizeLimit: BatchSizeLimit,
  record: (rows: ComparedRows) => void,
): Promise<void> {
  const pending = [batch];
  for (let part = pending.shift(); part !== undefined; part = pending.shift()) {
    const held = part.tokens.length === 0 ? [] : await vault.ask(part);
    if (held === 'too_many') {
      sizeLimit.lower(part.tokens.length, 'so many tokens are refused');
      const half = Math.ceil(part.tokens.length / 2);
      pending.unshift(sliceBatch(part, 0, half), sliceBatch(part, half, part.tokens.length));
      continue;
    }
    const judged = judge(recordPositions(part), part.values, held);
    record({ start: part.start, end: part.end, skipped: part.skipped.length, ...judged });
    metrics.batchSettled('immediate', part.values.length);
  }
}

function judge(
  positions: readonly number[],
  values: readonly string[],
  held: readonly (string | undefined)[],
): Pick<ComparedRows, 'missing' | 'different'> {
  const missing: number[] = [];
  const different: number[] = [];
  for (const [at, position] of positions.entries()) {
    if (held[at] === undefined) missing.push(position);
    else if (held[at] !== values[at]) different.push(position);
  }
  return { missing, different };
}

/** As many workers as the configuration allows, until one of them finds nothing left. The first error stops them all. */
async function inParallel({ job, stop, metrics }: TaskOptions, step: () => Promise<boolean>): Promise<void> {
  const isStopped = (): boolean => stop.stopping.aborted;
  const worker = async (): Promise<void> => {
    metrics.workerStarted();
    try {
      while (!isStopped() && (await step()));
    } catch (error) {
      const reason = error instanceof SuperviseError ? error : new SuperviseError('internal', String(error));
      stop.stop(reason, drainAfterErrorMs);
    } finally {
      metrics.workerEnded();
    }
  };
  await Promise.all(Array.from({ length: job.performance.max_concurrency }, worker));
  stop.stopping.throwIfAborted();
}

function newSizeLimit({ job, send }: TaskOptions): BatchSizeLimit {
  return new BatchSizeLimit(job.performance.batch_size, (from, to, reason) => {
    const message = `the vault finds ${formatCount(from)} tokens too much (${reason}): from now on ${formatCount(to)} per request`;
    void send({ type: 'notice', level: 'warn', message });
  });
}

function shorter(vaultName: string, rows: number): SuperviseError {
  return new SuperviseError(
    'input_changed',
    `vault ${vaultName}: the source ends before rows that were loaded from it (${formatCount(rows)} of them)`,
  );
}
