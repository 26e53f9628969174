export type TableForm = 'text' | 'markdown';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly align: 'left' | 'right';
}

/** Rows under their titles: padded columns for a terminal, or a Markdown table for the docs. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  form: TableForm,
): string {
  const titles = columns.map(({ title }) => title);
  switch (form) {
    case 'markdown': {
      const rule = columns.map(({ align }) => (align === 'right' ? '---:' : '---'));
      return [titles, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
    }
    case 'text': {
      const widths = titles.map((title, at) =>
        Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)),
      );
      const line = (cells: readonly string[]): string =>
        cells
          .map((cell, at) =>
            columns[at]?.align === 'right' ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
          )
          .join('  ')
          .trimEnd();
      const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
      return [line(titles), rule, ...rows.map(line), ''].join('\n');
    }
    default:
      return form satisfies never;
  }
}

/** `median (lowest to highest)`, or the only value. */
export function renderSpread(
  spread: { readonly count: number; readonly median: number; readonly min: number; readonly max: number },
  format: (value: number) => string,
): string {
  const { count, median, min, max } = spread;
  return count === 1 ? format(median) : `${format(median)} (${format(min)} to ${format(max)})`;
}
