import { resolve } from 'node:path';
import { writeFileAtomically } from '../../../src/system/write-file-atomically.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { readPageFiles } from '../../page/page-files.js';
import { reportHtml } from '../../page/report-html.js';
import { readTimeline } from '../../timeline/read-timeline.js';
import type { Evidence } from './evidence-format.js';
import { renderReportPage } from './render-report-page.js';

/** Writes the page of a run's evidence, of mode 0600, in place of one that stood there; gives its path. Throws `storage`. */
export async function writeReportPage(
  { timelineFile }: RunDirectory,
  evidence: Evidence,
  file: string,
): Promise<string> {
  const [{ samples }, files] = await Promise.all([readTimeline(timelineFile), readPageFiles()]);
  const path = resolve(file);
  await writeFileAtomically(path, reportHtml(renderReportPage(evidence, samples), files));
  return path;
}
