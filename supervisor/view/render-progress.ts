import { averageMs } from '../../src/figures/latency-histogram.js';
import type { VaultSnapshot } from '../../src/figures/snapshot.js';
import { formatPercent } from '../../src/report/format-numbers.js';
import { symbolsOf, type TextStyle } from '../../src/report/text-style.js';

/** The `[LIVE]` line, in the words of the loader being replaced: its `429s` are all answers that throttle. */
export function renderLiveLine(at: VaultSnapshot): string {
  const ms = (valueMs: number): string => `${Math.round(valueMs)}ms`;
  return [
    `[LIVE] Workers: ${at.workers.active}/${at.workers.configured}`,
    `HTTP: ${at.in_flight} in-flight`,
    `Req: ${Math.round(at.requests_per_second)}/s`,
    `Rec: ${Math.round(at.records_per_second)}/s`,
    `Latency: avg=${ms(averageMs(at.latency))} min=${ms(at.latency.min_ms)} max=${ms(at.latency.max_ms)}`,
    `429s: ${at.throttled}`,
  ].join(' | ');
}

/** The `Progress:` line, in the words of the loader being replaced. Percents are cut and not rounded. */
export function renderProgressLine(at: VaultSnapshot, style: TextStyle): string {
  const { rows_total: rowsTotal, read, batches } = at;
  const done =
    rowsTotal === null
      ? `${read} records`
      : `${read}/${rowsTotal} records (${formatPercent(read, rowsTotal)})`;
  const succeeded = batches.immediate + batches.retried;
  const success = Math.floor((succeeded * 100) / Math.max(1, succeeded + batches.failed));
  const share = succeeded + batches.failed === 0 ? '' : ` (${success}% success)`;
  const { batchesGood: good, batchesBad: bad } = symbolsOf(style);
  return [
    `Progress: ${done} - ${Math.round(at.records_per_second)} records/sec`,
    `Batches: ${succeeded}${good} (${batches.immediate} immediate, ${batches.retried} retried) ${batches.failed}${bad}${share}`,
    `429s: ${at.throttled}`,
  ].join(' | ');
}
