import type { Calibration } from '../../../src/protocol/task.js';
import { formatCount, formatLatency } from '../../../src/report/format-numbers.js';
import { figure, renderTable } from '../../../src/report/render-table.js';
import { columnsOf, layOut, type Page } from '../../../src/report/lay-out.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { drawRule, paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import type { CalibrationResult } from './calibration-result.js';

/** What was found, for people. */
export function renderCalibration(
  result: CalibrationResult,
  screen: Page & { readonly style: TextStyle; readonly written: string | undefined },
): string {
  const { style, written } = screen;
  const columns = columnsOf(screen);
  const { good, bad } = symbolsOf(style);
  const rule = drawRule(style, columns);
  const { recommended, calibration, error, vault } = result;
  const paragraphs = [
    rule,
    paint(style, 'strong', `CALIBRATION OF ${vault.name} (${vault.id})`),
    '',
    ...renderSteps(result.steps, style, columns),
    '',
    ...(calibration === null ? [] : [`  ${describeFound(calibration)}`, '']),
    `  ${describeTestRecords(result)}`,
    ...(error === undefined
      ? []
      : ['', `  ${singleLine(error.message, 1000)}${error.hint === undefined ? '' : `. ${error.hint}`}`]),
    rule,
    ...(recommended === null
      ? [paint(style, 'bad', `${bad} Nothing can be recommended. (exit status ${result.exit_code})`)]
      : [
          paint(style, 'good', `${good} Recommended, as the section performance of a configuration:`),
          ...JSON.stringify(recommended, undefined, 2)
            .split('\n')
            .map((line) => `  ${line}`),
        ]),
    ...(written === undefined ? [] : [`  Written to ${written}`]),
  ];
  return layOut(paragraphs, screen);
}

function renderSteps(steps: CalibrationResult['steps'], style: TextStyle, width: number): string[] {
  if (steps.length === 0) return ['  no step was finished'];
  const columns = ['Batch', 'Workers', 'Requests/s', 'Records/s', 'Latency', 'Refused'].map(figure);
  const rows = steps.map((step) => [
    formatCount(step.batch_size),
    formatCount(step.concurrency),
    formatRate(step.requests_per_second),
    formatCount(step.records_per_second),
    formatLatency(step.p50_ms),
    formatCount(step.throttled),
  ]);
  return renderTable({ columns, rows }, style, width);
}

/** With a digit behind the point where it is small. */
function formatRate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : formatCount(perSecond);
}

function describeFound({ limit, ended_by: endedBy }: Calibration): string {
  if (limit !== null) {
    return `The vault takes ${formatRate(limit.per_second)} ${limit.of} per second, and refuses more.`;
  }
  switch (endedBy) {
    case 'knee':
      return 'More workers bring no more records: that is as fast as it gets. The vault refused nothing.';
    case 'max_concurrency':
      return 'The vault refused nothing with as many workers as were allowed (--concurrency).';
    case 'max_records':
      return 'The test records ran out before a limit was found: only the batch size is known. Allow more of them with --max-records.';
    case 'refusals':
      return 'The vault refuses requests.';
    default:
      return endedBy satisfies never;
  }
}

function describeTestRecords({ test_records: counts }: CalibrationResult): string {
  const { inserted, deleted, unaccounted } = counts;
  const left = inserted - deleted;
  return (
    `${formatCount(inserted)} test records were inserted, ${formatCount(deleted)} of them deleted.` +
    (left > 0 ? ` ${formatCount(left)} are left: the next calibrate deletes them.` : '') +
    (unaccounted > 0
      ? ` The answer for ${formatCount(unaccounted)} was lost: they may be in the vault, with values that begin with "calibration".`
      : '')
  );
}
