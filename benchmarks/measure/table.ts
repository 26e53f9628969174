import { renderTable as renderLines, type Table } from '../../src/report/render-table.js';

export type TableForm = 'text' | 'markdown';

const plain = { unicode: false, color: false };

/** Rows under their titles: padded columns for a terminal, or a Markdown table for the docs. */
export function renderColumns(
  columns: Table['columns'],
  rows: readonly (readonly string[])[],
  form: TableForm,
): string {
  const titles = columns.map(({ heading }) => heading);
  switch (form) {
    case 'markdown': {
      const rule = columns.map(({ align }) => (align === 'right' ? '---:' : '---'));
      return [titles, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
    }
    case 'text':
      return `${renderLines({ columns, rows }, plain).join('\n')}\n`;
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
