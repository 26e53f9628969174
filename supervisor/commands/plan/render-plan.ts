import { formatBytes, formatCount, formatDuration, plural } from '../../../src/report/format-numbers.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { columnsOf, layOut, type Page } from '../../../src/report/lay-out.js';
import { drawRule, paint, type TextStyle } from '../../../src/report/text-style.js';
import { renderReadiness, renderGroup } from '../check/render-check.js';
import { field, renderChosenSettings, renderSettings } from '../report/evidence-lines.js';
import { renderFingerprint } from '../report/render-evidence.js';
import type { Effort, LoadPlan } from './plan-format.js';

/** A plan for people. `brief`: without the settings that nobody chose. */
export function renderPlan(
  plan: LoadPlan,
  screen: Page & { readonly style: TextStyle },
  brief = false,
): string {
  const { style } = screen;
  const columns = columnsOf(screen);
  const rule = drawRule(style, columns);
  const heading = (text: string): string[] => ['', paint(style, 'strong', text), ''];
  const { load } = plan;
  const among = (status: string) => plan.checks.filter((check) => check.status === status);
  const list = (title: string, status: 'bad' | 'warn' | 'not_checked'): string[] => {
    const findings = among(status);
    return findings.length === 0
      ? []
      : ['', renderGroup({ group: title, findings }, style, { columns }).trimEnd()];
  };
  const lines = [
    rule,
    paint(style, 'strong', 'PLAN OF A LOAD'),
    '',
    field('Made:', `${plan.made_at}, ${singleLine(plan.user, 32)} on ${singleLine(plan.host, 64)}`),
    field('Version:', `${load.program_version}, Node ${load.node_version}`),
    ...(load.program_commit === undefined ? [] : [field('Commit:', load.program_commit)]),
    field('Configuration:', plan.config_file),
    field('From:', plan.source),
    ...(load.credential === undefined
      ? []
      : [field('Authorised by:', Object.values(load.credential).join(' '))]),
    ...(load.lookup_credential === undefined
      ? []
      : [field('Looking up by:', Object.values(load.lookup_credential).join(' '))]),
    ...Object.entries(load.asked).flatMap(([flag, value]) =>
      isUsual(flag, value) ? [] : [field('Asked:', `${flag.replaceAll('_', ' ')}: ${String(value)}`)],
    ),
    ...heading('TARGETS AND INPUTS'),
    ...load.vaults.flatMap((vault, at) => [
      ...(at === 0 ? [] : ['']),
      ...renderVault(vault, plan.effort[at]),
    ]),
    ...heading('TOTAL'),
    ...(plan.total === null ? ['  not known before it is read'] : renderEffort(plan.total)),
    ...list('REFUSED', 'bad'),
    ...list('RISKY', 'warn'),
    ...list('NOT LOOKED AT', 'not_checked'),
    ...heading('SETTINGS'),
    ...(brief ? renderChosenSettings(load.settings) : renderSettings(load.settings)),
    rule,
    renderReadiness(plan.checks, style).trimEnd(),
    field('Checksum:', plan.checksum),
  ];
  return layOut(lines, screen);
}

function isUsual(flag: string, value: unknown): boolean {
  return flag === 'precount' ? value === true : value === false || value === null;
}

function renderVault(
  { name, id, table, column, sql, inputs }: LoadPlan['load']['vaults'][number],
  about: LoadPlan['effort'][number] | undefined,
): string[] {
  const { effort = null } = about ?? {};
  return [
    `  ${name}`,
    field('  to', `vault ${id}, table ${table}, column ${column}`),
    ...(sql === undefined ? [] : [field('  query', sql.replaceAll(/\s+/g, ' '))]),
    ...(inputs ?? []).flatMap(({ role, name: file, rows, sizeBytes, fingerprint }) => [
      field(`  ${role}`, file),
      field(
        '',
        [
          ...(rows === undefined ? [] : [`${formatCount(rows)} rows`]),
          ...(sizeBytes === undefined ? [] : [formatBytes(sizeBytes)]),
        ].join(', '),
      ),
      ...(fingerprint === undefined ? [] : renderFingerprint(fingerprint, 6)),
    ]),
    ...(effort === null ? ['    its records are not known before it is read'] : renderEffort(effort)),
    ...(about === undefined ? [] : [field('  look-ups', describeLookUps(about.look_ups))]),
  ];
}

function renderEffort({ records, requests, hours, paced_by: by, disk }: Effort): string[] {
  const duration = formatDuration(1_000 * Math.ceil(3_600 * hours));
  return [
    field('  records', `${formatCount(records)} in ${plural(requests, 'request', 'requests')}`),
    field(
      '  time',
      by === null ? `${duration} at a usual pace: none is configured` : `at least ${duration} at ${by}`,
    ),
    field(
      '  disk',
      `${formatBytes(disk.expected_bytes)}, with max_errors failures ${formatBytes(disk.worst_bytes)}`,
    ),
  ];
}

function describeLookUps({
  sample_records: sample,
  requests,
}: LoadPlan['effort'][number]['look_ups']): string {
  const parts = [
    ...(sample === 0 ? [] : [`a sample of up to ${formatCount(sample)} records before the first is sent`]),
    ...(requests === 0
      ? []
      : [requests === null ? 'one for each batch' : `${formatCount(requests)}, one for each batch`]),
    'and of rows whose answer is lost',
  ];
  return parts.join('; ');
}
