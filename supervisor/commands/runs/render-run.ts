import type { SummaryScreen } from '../../../src/report/render-summary.js';
import { wrapWords } from '../../../src/report/screen-text.js';
import { pathsSeenFrom } from '../../../src/report/seen-from.js';
import { runLine, type ListedRun } from './run-columns.js';

const LOG_OF_RUN = /\/(?:merged_)?error_log_\w+\.json(?='?$)/;

/**
 * A run and the command that comes next. At a terminal of so many columns lines break between words, but for the command, whose
 * paths are seen from the person's `folder`; a retry names its run there, which stands for its newest log.
 */
export function renderRun(
  run: ListedRun,
  { folder, columns = Infinity }: Pick<SummaryScreen, 'folder' | 'columns'>,
): string {
  const next =
    folder === undefined || run.next === null
      ? run.next
      : pathsSeenFrom(folder, run.next.replace(LOG_OF_RUN, ''));
  const [first = '', ...more] = wrapWords(runLine(run), Math.max(20, columns - 4));
  return [first, ...more.map((rest) => `    ${rest}`), ...(next === null ? [] : [`  ${next}`])]
    .map((text) => `${text}\n`)
    .join('');
}
