import { figure, words } from '../../src/report/render-table.js';
import { median, ratioInterval, noiseVerdict, type RatioInterval } from '../measure/statistics.js';
import { renderColumns, type TableForm } from '../measure/table.js';

/** `base` is what was, `test` what is. */
export type Side = 'base' | 'test';

/** What of a load is compared. */
export interface ComparedLoad {
  readonly wallMs: number;
  readonly cpuMs: number | undefined;
}

interface ComparedFigure {
  readonly figure: string;
  /** Medians. */
  readonly base: number;
  readonly test: number;
  readonly ratio: RatioInterval;
  readonly verdict: ReturnType<typeof noiseVerdict>;
}

/** Compares CPU time per record, where it is known, and wall time of loads that were measured in pairs. */
export function compareSides(
  sides: Readonly<Record<Side, readonly ComparedLoad[]>>,
  records: number,
): ComparedFigure[] {
  const figures = [
    {
      figure: 'CPU us/record',
      read: ({ cpuMs }: ComparedLoad) => (cpuMs === undefined ? Number.NaN : (cpuMs * 1000) / records),
    },
    { figure: 'wall s', read: ({ wallMs }: ComparedLoad) => wallMs / 1000 },
  ];
  return figures.flatMap(({ figure, read }) => {
    const base = sides.base.map(read);
    const test = sides.test.map(read);
    if ([...base, ...test].some((value) => !(value > 0))) return [];
    const ratio = ratioInterval(base, test);
    return [{ figure, base: median(base), test: median(test), ratio, verdict: noiseVerdict(ratio) }];
  });
}

/** A row for each figure: medians, ratio with its interval, and what that says. */
export function renderComparison(figures: readonly ComparedFigure[], form: TableForm): string {
  const columns = [words('Figure'), ...['Base', 'Test', 'Test / base'].map(figure), words('')] as const;
  const rows = figures.map(({ figure, base, test, ratio, verdict }) => [
    figure,
    base.toFixed(2),
    test.toFixed(2),
    `${ratio.ratio.toFixed(3)} (${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)})`,
    verdict,
  ]);
  return renderColumns(columns, rows, form);
}
