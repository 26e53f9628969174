import { amountOf } from '../figures/figure.js';
import { figures } from '../figures/figures.js';
import { formatCount, formatLatency, formatPercent, formatSeconds } from './format-numbers.js';
import type { VaultSummary } from './summary-format.js';
import { widestColumns } from './lay-out.js';
import { singleLine, wrapWords } from './screen-text.js';
import { paint, symbolsOf, type TextStyle } from './text-style.js';

const STAGES = Object.entries(figures.timing_ms.words) as readonly (readonly [
  keyof VaultSummary['timing_ms'],
  string,
])[];

/** How one vault performed, in the layout of the loader being replaced, percentiles added. */
export function renderPerformance(vault: VaultSummary, style: TextStyle, columns = widestColumns): string[] {
  return [
    paint(style, 'strong', `${vault.name} VAULT PERFORMANCE:`),
    ...renderFigures(vault),
    '',
    '  API RESPONSE SUMMARY:',
    ...renderResponses(vault, style).map((line) => `    ${line}`),
    '',
    '  DETAILED TIMING BREAKDOWN (Cumulative across all parallel workers):',
    ...renderTiming(vault, columns).map((line) => `    ${line}`),
    '',
    `    Average Concurrency: ${vault.average_concurrency.toFixed(1)}x (concurrent workers executing simultaneously)`,
  ];
}

/** The same in two lines: what took more than a hundredth of the time, and the latencies. */
export function renderPerformanceBriefly(vault: VaultSummary, style: TextStyle, columns: number): string[] {
  const spentMs = amountOf(vault.timing_ms);
  const shares = STAGES.map(([key, name]) => [name, vault.timing_ms[key] / Math.max(1, spentMs)] as const)
    .filter(([, share]) => share > 0.01)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, share]) => together(`${name} ${(share * 100).toFixed(1)}%`));
  const { average, p50, p95, p99, max, count } = vault.latency_ms;
  const of = (what: string, figure: number): string => together(`${what} ${formatLatency(figure)}`);
  const lines = [
    `${formatCount(vault.records_per_second)} records/sec, ${vault.average_concurrency.toFixed(1)} at a time: ${shares.join(', ')}`,
    ...(count === 0
      ? []
      : [
          `latency ${of('avg', average)}, ${of('p50', p50)}, ${of('p95', p95)}, ${of('p99', p99)}, ${of('max', max)}`,
        ]),
  ];
  const [first = '', ...more] = lines.flatMap((line) => wrapWords(line, Math.max(20, columns - 4)));
  return [
    paint(style, 'strong', singleLine(vault.name, columns)),
    ...[first, ...more].map((line) => paint(style, 'dim', `  ${line.replaceAll(bond, ' ')}`)),
  ];
}

/** A figure is not parted from its name. */
const bond = '\u00a0';
const together = (text: string): string => text.replaceAll(' ', bond);

function renderFigures(vault: VaultSummary): string[] {
  const { immediate, retried, failed } = vault.batches;
  const succeeded = immediate + retried;
  const all = succeeded + failed;
  const rate = all === 0 ? '' : ` (${formatPercent(succeeded, all)})`;
  const figures = [
    ['Records Uploaded:', `${formatCount(vault.uploaded)} (successfully processed)`],
    ['Processing Time:', `${formatSeconds(vault.duration_ms)} seconds`],
    ['Throughput:', `${formatCount(vault.records_per_second)} records/sec (successful only)`],
    ['Batch Success Rate:', `${formatCount(succeeded)}/${formatCount(all)} batches${rate}`],
  ] as const;
  return figures.map(([label, value]) => `  ${label.padEnd(22)} ${value}`);
}

function renderResponses(vault: VaultSummary, style: TextStyle): string[] {
  const { immediate, retried, failed } = vault.batches;
  const all = immediate + retried + failed;
  const share = (batches: number): string =>
    all === 0
      ? formatCount(batches)
      : `${formatCount(batches)} (${((batches / all) * 100).toFixed(1)}% of batches)`;
  const latency = vault.latency_ms;
  const { batchesGood, batchesBad } = symbolsOf(style);
  const lines = [
    `${style.unicode ? `${batchesGood} ` : ''}Immediate Successes: ${share(immediate)}`,
    `Retried Successes:   ${share(retried)}`,
  ];
  if (failed > 0) lines.push(`${style.unicode ? `${batchesBad} ` : ''}Failed Batches:      ${share(failed)}`);
  lines.push(
    `Requests:            ${formatCount(vault.requests)} sent, ${formatCount(vault.retries)} retries, ${formatCount(vault.throttled)} throttled`,
  );
  if (latency.count > 0) {
    const ms = formatLatency;
    lines.push(
      `Latency:             avg ${ms(latency.average)}, min ${ms(latency.min)}, max ${ms(latency.max)}`,
      `                     p50 ${ms(latency.p50)}, p95 ${ms(latency.p95)}, p99 ${ms(latency.p99)}`,
    );
  }
  return lines;
}

function renderTiming(vault: VaultSummary, columns: number): string[] {
  const isNarrow = columns < widestColumns;
  const spentMs = amountOf(vault.timing_ms);
  const row = (name: string, cumulative: string, share: string, wall: string): string =>
    isNarrow
      ? `${name}: ${cumulative}, ${share}, ${wall}`
      : `${name.padEnd(25)} ${cumulative.padStart(12)} ${share.padStart(10)} ${wall.padStart(16)}`;
  const rule = isNarrow ? [] : [row('-'.repeat(25), '-'.repeat(12), '-'.repeat(10), '-'.repeat(16))];
  const part = (name: string, partMs: number): string => {
    const share = spentMs > 0 ? partMs / spentMs : 0;
    return row(
      name,
      `${formatSeconds(partMs)}s`,
      `${(share * 100).toFixed(1)}%`,
      `${formatSeconds(share * vault.timed_wall_ms)}s`,
    );
  };
  return [
    row('Component', 'Cumulative', '% of Total', 'Est. Wall Clock'),
    ...rule,
    ...STAGES.map(([key, name]) => part(name, vault.timing_ms[key])),
    ...rule,
    row(
      'TOTAL (Cumulative)',
      `${formatSeconds(spentMs)}s`,
      spentMs > 0 ? '100.0%' : '0.0%',
      `${formatSeconds(vault.timed_wall_ms)}s`,
    ) + ' (actual)',
  ];
}
