import { figure, words } from '../../src/report/render-table.js';
import { formatCount } from '../../src/report/format-numbers.js';
import { spreadOf } from '../measure/statistics.js';
import { renderSpread, renderColumns, type TableForm } from '../measure/table.js';
import type { SweepRow } from './result-file.js';

/** The rows of one configuration, in the order of their first appearance. */
export function groupRows(rows: readonly SweepRow[]): readonly (readonly [SweepRow, ...SweepRow[]])[] {
  const groups = new Map<string, [SweepRow, ...SweepRow[]]>();
  for (const row of rows) {
    const key = `${row.concurrency}/${row.batch_size}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** Medians of each configuration, the throughput with its lowest and highest. */
export function renderSweep(rows: readonly SweepRow[], form: TableForm): string {
  const columns = [
    words('Configuration'),
    ...['Loads', 'Records/s', 'p50 ms', 'p99 ms', '429', 'CPU us/rec'].map(figure),
  ] as const;
  const lines = groupRows(rows).map((group) => {
    const [{ concurrency, batch_size }] = group;
    const of = (read: (row: SweepRow) => number) => spreadOf(group.map(read));
    const cpu = group.flatMap(({ cpu_us_per_record }) => cpu_us_per_record ?? []);
    return [
      `${concurrency}/${batch_size}`,
      String(group.length),
      renderSpread(
        of((row) => row.records_per_second),
        formatCount,
      ),
      formatCount(of((row) => row.latency_p50_ms).median),
      formatCount(of((row) => row.latency_p99_ms).median),
      formatCount(of((row) => row.throttled).median),
      cpu.length === 0 ? '' : spreadOf(cpu).median.toFixed(1),
    ];
  });
  return renderColumns(columns, lines, form);
}
