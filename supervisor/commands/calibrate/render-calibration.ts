import type { Calibration } from '../../../src/protocol/task.js';
import { formatCount, formatLatency } from '../../../src/report/format-numbers.js';
import { figure, renderTable } from '../../../src/report/render-table.js';
import { singleLine, wrapProse } from '../../../src/report/screen-text.js';
import { paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import type { CalibrationResult } from './calibration-result.js';

const width = 80;

/** What was found, for people, in at most 80 columns. */
export function renderCalibration(
  result: CalibrationResult,
  { style, written }: { readonly style: TextStyle; readonly written: string | undefined },
): string {
  const { good, bad } = symbolsOf(style);
  const rule = paint(style, 'dim', symbolsOf(style).rule.repeat(width));
  const { recommended, calibration, error, vault } = result;
  const wrapped = (text: string): string[] => wrapProse(text, width - 4).map((line) => `  ${line}`);
  return `${[
    rule,
    paint(style, 'strong', `CALIBRATION OF ${vault.name} (${vault.id})`),
    '',
    ...renderSteps(result.steps, style),
    '',
    ...(calibration === null ? [] : [...wrapped(describeFound(calibration)), '']),
    ...wrapped(describeTestRecords(result)),
    ...(error === undefined
      ? []
      : [
          '',
          ...wrapped(
            `${singleLine(error.message, 1000)}${error.hint === undefined ? '' : `. ${error.hint}`}`,
          ),
        ]),
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
  ].join('\n')}\n`;
}

function renderSteps(steps: CalibrationResult['steps'], style: TextStyle): string[] {
  if (steps.length === 0) return ['  no step was finished'];
  const columns = ['Batch', 'Workers', 'Requests/s', 'Records/s', 'Latency', 'Refused'].map(figure);
  const rows = steps.map((step) => [
    formatCount(step.batch_size),
    formatCount(step.concurrency),
    step.requests_per_second.toFixed(1),
    formatCount(step.records_per_second),
    formatLatency(step.p50_ms),
    formatCount(step.throttled),
  ]);
  return renderTable({ columns, rows }, style);
}

function describeFound({ limit, ended_by: endedBy }: Calibration): string {
  if (limit !== null) {
    const figure = limit.per_second < 100 ? limit.per_second.toFixed(1) : formatCount(limit.per_second);
    return `The vault takes ${figure} ${limit.of} per second, and refuses more.`;
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
