import { readFile, writeFile } from 'node:fs/promises';
import { SuperviseError } from '../../src/errors/supervise-error.js';
import { renderReport, type ReportContent } from './render-report.js';

/** Writes the HTML report of an analysis; throws `usage` when it cannot be written. */
export async function writeReport(path: string, content: Omit<ReportContent, 'chartLibrary'>): Promise<void> {
  // The package's browser build stands beside its entry; it is inlined, not run here.
  const library = new URL('chart.umd.min.js', import.meta.resolve('chart.js'));
  const page = renderReport({ ...content, chartLibrary: await readFile(library, 'utf8') });
  await writeFile(path, page).catch((error: unknown) => {
    throw new SuperviseError('usage', `${path} cannot be written`, { cause: error });
  });
}
