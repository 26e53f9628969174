import type { VaultSnapshot } from '../../src/protocol/snapshot.js';
import { formatPercent } from '../../src/report/format-numbers.js';
import type { TextStyle } from '../../src/report/text-style.js';

/** The `[LIVE]` line, in the words of the loader being replaced. */
export function renderLiveLine(at: VaultSnapshot): string {
  const ms = (valueMs: number): string => `${Math.round(valueMs)}ms`;
  return [
    `[LIVE] Workers: ${at.workersActive}/${at.workersConfigured}`,
    `HTTP: ${at.inFlight} in-flight`,
    `Req: ${Math.round(at.requestsPerSecond)}/s`,
    `Rec: ${Math.round(at.recordsPerSecond)}/s`,
    `Latency: avg=${ms(at.latency.averageMs)} min=${ms(at.latency.minMs)} max=${ms(at.latency.maxMs)}`,
    `429s: ${at.throttled}`,
  ].join(' | ');
}

/** The `Progress:` line, in the words of the loader being replaced. Percents are cut and not rounded. */
export function renderProgressLine(at: VaultSnapshot, style: TextStyle): string {
  const { rowsTotal, read, batchesImmediate, batchesRetried, batchesFailed } = at;
  const done =
    rowsTotal === undefined
      ? `${read} records`
      : `${read}/${rowsTotal} records (${formatPercent(read, rowsTotal)})`;
  const succeeded = batchesImmediate + batchesRetried;
  const success = Math.floor((succeeded * 100) / Math.max(1, succeeded + batchesFailed));
  const share = succeeded + batchesFailed === 0 ? '' : ` (${success}% success)`;
  const good = style.unicode ? '✅' : ' ok';
  const bad = style.unicode ? '❌' : ' failed';
  return [
    `Progress: ${done} - ${Math.round(at.recordsPerSecond)} records/sec`,
    `Batches: ${succeeded}${good} (${batchesImmediate} immediate, ${batchesRetried} retried) ${batchesFailed}${bad}${share}`,
    `429s: ${at.throttled}`,
  ].join(' | ');
}
