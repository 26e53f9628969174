import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countConflicts } from '../../src/source/csv/count-conflicts.js';
import type { Batch, PositionRange } from '../../src/record/batch.js';

// What --check-conflicts costs: `node dist/benchmarks/conflicts/main.js [ROWS]` (50,000,000 unless said), without a disk's
// CSV files in the way. Every millionth value has a second token.
const rows = Number(process.argv[2] ?? 50_000_000);
const folder = await mkdtemp(join(tmpdir(), 'skyflow-supervise-conflicts-'));
const startedMs = performance.now();
let peakBytes = 0;
const cursor = {
  read: ({ start }: PositionRange, count: number): Promise<Batch | undefined> => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
    const end = Math.min(rows, start + count);
    if (start >= end) return Promise.resolve(undefined);
    const positions = Array.from({ length: end - start }, (_, at) => start + at);
    const values = positions.map((at) => `${at % 1_000_000 === 0 ? 1 : at}-45-6789`);
    return Promise.resolve({ start, end, values, tokens: positions.map((at) => `tok_${at}`), skipped: [] });
  },
};
try {
  const found = await countConflicts(cursor, { folder, signal: new AbortController().signal });
  const seconds = (performance.now() - startedMs) / 1000;
  process.stdout.write(
    `${JSON.stringify({ rows, seconds, rows_per_second: Math.round(rows / seconds), peak_rss_mb: Math.round(peakBytes / 2 ** 20), spilled_mb: Math.round((rows * 48) / 2 ** 20), ...found })}\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
