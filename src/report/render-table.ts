import { displayWidth } from './screen-text.js';
import { paint, symbolsOf, type TextStyle } from './text-style.js';

export interface TableColumn {
  readonly heading: string;
  /** Figures stand to the right, words to the left. */
  readonly align: 'left' | 'right';
}

export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  /** Stands below a line of its own. */
  readonly total?: readonly string[] | undefined;
}

/** A table in whole lines, indented by two; undefined where it is wider than `columns`. Cells may be painted. */
export function renderTable(
  table: Table,
  { style, columns = Infinity }: { readonly style: TextStyle; readonly columns?: number | undefined },
): string[] | undefined {
  const headings = table.columns.map(({ heading }) => heading);
  const all = [headings, ...table.rows, ...(table.total === undefined ? [] : [table.total])];
  const widths = table.columns.map((_, at) => Math.max(...all.map((cells) => displayWidth(cells[at] ?? ''))));
  const width = widths.reduce((sum, one) => sum + 2 + one, 0);
  if (width > columns) return undefined;
  const line = (cells: readonly string[]): string =>
    table.columns
      .map(({ align }, at) => {
        const cell = cells[at] ?? '';
        const padding = ' '.repeat((widths[at] ?? 0) - displayWidth(cell));
        return `  ${align === 'right' ? padding + cell : cell + padding}`;
      })
      .join('')
      .trimEnd();
  const between = `  ${paint(style, 'dim', symbolsOf(style).rule.repeat(width - 2))}`;
  return [
    line(headings),
    between,
    ...table.rows.map(line),
    ...(table.total === undefined ? [] : [between, line(table.total)]),
  ];
}
