import { displayWidth, wrapProse } from '../../../src/report/screen-text.js';

export const columns = 80;
const labelWidth = 17;

/** A label and what it stands for, which goes on a line of its own when it does not fit: paths are never cut. */
export function field(label: string, text: string): string[] {
  const line = `  ${label.padEnd(labelWidth)}${text}`;
  if (displayWidth(line) <= columns) return [line];
  return label === '' ? [`    ${text}`] : [`  ${label}`, `    ${text}`];
}

/** Text in lines of at most 80 columns. */
export function indented(text: string, margin = 2): string[] {
  return wrapProse(text, columns - margin - 2).map(
    (line, at) => `${' '.repeat(at === 0 ? margin : margin + 2)}${line}`,
  );
}
