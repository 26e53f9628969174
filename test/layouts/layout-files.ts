import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Workspace } from '../support/workspace.js';

type Row = readonly string[];

/** How a file is written. */
export interface FileFormat {
  readonly delimiter?: string;
  readonly encoding?: 'utf8' | 'latin1' | 'utf16le';
  /** With a byte order mark. */
  readonly marked?: boolean;
  readonly lineEnd?: '\n' | '\r\n';
}

/** Writes a CSV file into the data directory; a name that ends in `.gz` is compressed. */
export async function writeCsv(
  workspace: Workspace,
  name: string,
  rows: readonly Row[],
  { delimiter = ',', encoding = 'utf8', marked = false, lineEnd = '\n' }: FileFormat = {},
): Promise<void> {
  const cell = (text: string): string =>
    text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = rows.map((row) => row.map(cell).join(delimiter) + lineEnd);
  const bytes = Buffer.from((marked ? '\ufeff' : '') + lines.join(''), encoding);
  await writeFile(workspace.at('data', name), name.endsWith('.gz') ? gzipSync(bytes) : bytes);
}
