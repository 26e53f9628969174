import { formatCount } from '../../../src/report/format-numbers.js';
import { layOut, type Page } from '../../../src/report/lay-out.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { openForTestRecords } from '../../ask/destruction-guard.js';
import { endFacts, type JobsEnd } from '../../run/run-jobs.js';
import { runUnrecorded } from '../../run/run-unrecorded.js';
import { present } from '../../view/present.js';
import type { QualifyCommand } from './definition.js';

/**
 * `qualify --vault NAME`: what a test vault does where no page says it, and the settings that follow. Throws a
 * SuperviseError before anything is sent. Exits with 0, or with 3 when test records are left or it could not be finished.
 */
export async function qualifyCommand(command: QualifyCommand): Promise<number> {
  const presentation = present(command);
  const { view } = presentation;
  const { configuration, origins, vaults } = await openForTestRecords(command, presentation, {
    most: 1_000,
    what: (name) => `ask ${name} by experiments`,
  });
  const task = { kind: 'qualify', pollMs: 1000 * command.pollSeconds } as const;
  const ended = await runUnrecorded({ configuration, origins, vaults, task, view });
  const result = describeQualification(ended);
  presentation.people(renderQualification(result, presentation.screen));
  presentation.document(result);
  return result.exit_code;
}

/** What the experiments came to, as `--json` prints it. */
function describeQualification(end: JobsEnd) {
  const [outcome] = end.outcomes;
  const findings = outcome?.findings?.kind === 'qualify' ? outcome.findings : undefined;
  const facts = findings?.facts ?? [];
  return {
    ...endFacts(end),
    vault: { name: outcome?.name ?? '', id: outcome?.id ?? '', table: outcome?.table ?? '' },
    facts,
    settings: Object.assign({}, ...facts.map(({ settings }) => settings ?? {})) as Record<
      string,
      string | number
    >,
    test_records: findings?.test_records ?? null,
    left_behind: findings?.left_behind ?? null,
    ...(outcome?.error === undefined ? {} : { error: outcome.error }),
  };
}

/** What was asked and answered, for people. */
export function renderQualification(result: Qualification, page: Page): string {
  const said = (text: string, indent = '  '): string => `${indent}${singleLine(text, 1_000)}`;
  const settings = Object.entries(result.settings);
  const paragraphs = [
    ...result.facts.flatMap(({ question, answer }) => [said(question), said(answer, '    ')]),
    '',
    ...(settings.length === 0 ? ['  No setting follows.'] : ['  Settings that follow:']),
    ...settings.map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`),
    '',
    said(describeTestRecords(result)),
    ...(result.error === undefined ? [] : [said(`${result.error.message} ${result.error.hint ?? ''}`)]),
  ];
  return layOut(paragraphs, page);
}

type Qualification = ReturnType<typeof describeQualification>;

/** What became of its own records, and of those of one before it. */
function describeTestRecords({ test_records: counts, left_behind: left }: Qualification): string {
  if (counts === null || left === null)
    return 'It ended before it could delete its test records: the next qualify looks for them and deletes them.';
  const { inserted, deleted, unaccounted } = counts;
  const lost = (count: number): string =>
    count === 0
      ? ''
      : ` ${formatCount(count)} more may be in the vault: their answers were lost, and their ids cannot be had. Their values begin with "qualify".`;
  const before =
    left.deleted + left.unaccounted === 0 ? '' : `${leftBehind(left.deleted)}${lost(left.unaccounted)} `;
  const kept =
    deleted < inserted ? ` ${formatCount(inserted - deleted)} are left: the next qualify deletes them.` : '';
  return `${before}${formatCount(inserted)} test records were inserted, ${formatCount(deleted)} of them deleted.${kept}${lost(unaccounted)}`;
}

/** What was done about test records of one that was killed. */
export function leftBehind(deleted: number): string {
  return `${formatCount(deleted)} test records that a qualify before this one had left behind are deleted.`;
}
