import { displayWidth, wrapWords } from './screen-text.js';
import { paint, symbolsOf, type TextStyle } from './text-style.js';

interface TableColumn {
  readonly heading: string;
  /** Figures stand to the right, words to the left. */
  readonly align: 'left' | 'right';
}

export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  /** Stands below a line of its own, or, where each line counts, in strong letters. */
  readonly total?: readonly string[] | undefined;
  /** No line below the headings: it stands among others, or each line counts. */
  readonly isBare?: boolean | undefined;
}

/** Figures under a heading. */
export function figure(heading: string): TableColumn {
  return { heading, align: 'right' };
}

/** Words under a heading. */
export function words(heading: string): TableColumn {
  return { heading, align: 'left' };
}

/**
 * A table in whole lines, indented by two, as wide as its cells, which may be painted. Where that is wider than `columns` each row is a
 * paragraph: its words, and below them its figures, each with its heading.
 */
export function renderTable(table: Table, style: TextStyle, columns = Infinity): string[] {
  const headings = table.columns.map(({ heading }) => heading);
  const all = [headings, ...table.rows, ...(table.total === undefined ? [] : [table.total])];
  const widths = table.columns.map((_, at) => Math.max(...all.map((cells) => displayWidth(cells[at] ?? ''))));
  const width = widths.reduce((sum, one) => sum + 2 + one, 0);
  if (width > columns) return rowByRow(table, columns);
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
    ...(table.isBare === true ? [] : [between]),
    ...table.rows.map(line),
    ...(table.total === undefined
      ? []
      : table.isBare === true
        ? [paint(style, 'strong', line(table.total))]
        : [between, line(table.total)]),
  ];
}

function rowByRow({ columns, rows, total }: Table, width: number): string[] {
  return [...rows, ...(total === undefined ? [] : [total])].flatMap((cells) => {
    const named = cells.filter((cell, at) => columns[at]?.align === 'left' && cell !== '').join(' ');
    const figures = cells.flatMap((cell, at) => {
      const { heading, align } = columns[at] ?? {};
      return align === 'right' && heading !== undefined ? [`${heading.toLowerCase()} ${cell}`] : [];
    });
    const told = figures.map((one) => one.replaceAll(' ', bond)).join(', ');
    const [first = '', ...more] = wrapWords(told, Math.max(20, width - 4)).map((line) =>
      line.replaceAll(bond, ' '),
    );
    const below = more.map((line) => `    ${line}`);
    return named === '' ? [`  ${first}`, ...below] : [`  ${named}`, `    ${first}`, ...below];
  });
}

/** A figure is not parted from its heading. */
const bond = '\u00a0';
