import { formatBytes, formatCount, plural } from '../../../src/report/format-numbers.js';
import { mayGoOn } from '../../../src/run-record/formats.js';
import type { DescribedCredential, RunAuthority } from '../../../src/run-record/run-record.js';
import { renderPerformance } from '../../../src/report/render-performance.js';
import type { RunSummary } from '../../../src/report/summary-format.js';
import { columnsOf, layOut, type Page } from '../../../src/report/lay-out.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { drawRule, paint, symbolsOf, type TextStyle } from '../../../src/report/text-style.js';
import type { Evidence, RetryEvidence, VaultEvidence, VerificationEvidence } from './evidence-format.js';
import { field, renderSettings } from './evidence-lines.js';
import { describeWithRetries } from './gather-retries.js';

/** All the evidence of a run for people, with each vault's performance by its `summary`. */
export function renderEvidence(
  evidence: Evidence,
  summary: RunSummary | undefined,
  screen: Page & { readonly style: TextStyle },
): string {
  const { style } = screen;
  const columns = columnsOf(screen);
  const rule = drawRule(style, columns);
  const heading = (text: string): string[] => ['', paint(style, 'strong', text), ''];
  const lines = [
    rule,
    paint(style, 'strong', `EVIDENCE OF RUN ${evidence.run_id}`),
    '',
    ...renderRun(evidence),
    ...heading('WHO AND WHEN'),
    ...evidence.sessions.flatMap(renderSession),
    ...(evidence.error_logs.length === 0
      ? []
      : [...heading('ERROR LOGS SENT AGAIN'), ...renderErrorLogs(evidence)]),
    ...heading('VAULTS'),
    ...evidence.vaults.flatMap((vault, at) => [...(at === 0 ? [] : ['']), ...renderVault(vault, style)]),
    ...heading('TOTALS OF THE JOURNALS'),
    renderTotals(evidence),
    ...(summary?.vaults ?? [])
      .filter(({ requests }) => requests > 0)
      .flatMap((vault) => ['', ...renderPerformance(vault, style, columns)]),
    ...(evidence.retries.length === 0 ? [] : [...heading('RETRIES'), ...renderRetries(evidence)]),
    ...(evidence.verifications?.length === 0
      ? []
      : [...heading('VERIFICATIONS'), ...renderVerifications(evidence)]),
    ...heading('SETTINGS OF THE LAST COMMAND'),
    ...renderSettings(evidence.sessions.at(-1)?.settings ?? {}),
    ...heading('FILES (SHA-256)'),
    ...evidence.manifest.files.flatMap(({ file, size_bytes: sizeBytes, sha256 }) => [
      `  ${file}  (${formatBytes(sizeBytes)})`,
      `    ${sha256}`,
    ]),
    '',
    '  The list above as sha256sum writes it:',
    `    ${evidence.manifest.sha256}`,
    rule,
    renderAgreement(evidence, style),
  ];
  return layOut(lines, screen);
}

function renderRun(evidence: Evidence): string[] {
  const writer = evidence.sessions.at(-1)?.program_version;
  return [
    field('State:', describeState(evidence)),
    field('Run directory:', evidence.run_directory),
    field('Started in:', evidence.working_directory),
    ...(evidence.config_file === null ? [] : [field('Configuration:', evidence.config_file)]),
    ...(evidence.plan === null
      ? []
      : [field('Plan:', evidence.plan.file), field('', `checksum ${evidence.plan.checksum}`)]),
    field('Began:', evidence.started_at),
    ...(writer === undefined ? [] : [field('Goes on with:', mayGoOn(writer))]),
    field('Reported:', `${evidence.generated_at} by version ${evidence.program_version}`),
    ...(evidence.suffix_appended ? ['  append_suffix was on: values and tokens were changed'] : []),
    ...(evidence.inputs_checked_first ? [] : ['  the files were not checked before the first request']),
  ];
}

function renderSession(session: Evidence['sessions'][number]): string[] {
  const end =
    session.finished_at === null
      ? 'not ended'
      : `${session.finished_at}, exit status ${session.exit_code ?? '?'}`;
  return [
    field(
      `${session.command}:`,
      `${singleLine(session.user, 32)} on ${singleLine(session.host, 64)}, pid ${session.pid}`,
    ),
    field('', `${session.started_at} to ${end}`),
    field('', `version ${session.program_version}, Node ${session.node_version}`),
    ...(session.program_commit === undefined ? [] : [field('', `commit ${session.program_commit}`)]),
    ...authorityLines(session).map((line) => field('', line)),
  ];
}

function renderErrorLogs({ error_logs: logs }: Evidence): string[] {
  return logs.flatMap(({ file, fingerprint, run, records }) => [
    `  ${file}`,
    `    ${plural(records, 'record', 'records')}${run === null ? '' : `, of run ${run}`}`,
    ...renderFingerprint(fingerprint, 4),
  ]);
}

/** A fingerprint, the name of its key on a line of its own. */
export function renderFingerprint(fingerprint: string, indent: number): string[] {
  return fingerprint.split(/(?<=:)/).map((part) => `${' '.repeat(indent)}${part}`);
}

function renderVault(vault: VaultEvidence, style: TextStyle): string[] {
  const { journal, summary, error_log: errorLog, disagreements } = vault;
  const symbols = symbolsOf(style);
  const status = summary === null ? '' : `: ${summary.status.replaceAll('_', ' ')}`;
  return [
    `  ${vault.name} (${vault.id}), table ${vault.table}, column ${vault.column}${status}`,
    ...vault.inputs.flatMap((input) => [
      `    ${input.role}: ${input.rows === undefined ? 'rows unknown' : plural(input.rows, 'row', 'rows')}`,
      `      ${input.name}`,
      ...(input.fingerprint === undefined ? [] : renderFingerprint(input.fingerprint, 6)),
    ]),
    journal === null
      ? '    journal: never begun, or unreadable'
      : `    journal: read ${formatCount(journal.read)} = uploaded ${formatCount(journal.uploaded)} + failed ` +
        `${formatCount(journal.failed)} + skipped ${formatCount(journal.skipped)}; ${openRows(journal)}` +
        `; processes that worked on it: ${formatCount(journal.processes)}`,
    ...(errorLog === null
      ? []
      : [`    error log: ${plural(errorLog.records, 'record', 'records')}`, `      ${errorLog.file}`]),
    ...(disagreements.length === 0
      ? [`    ${paint(style, 'good', symbols.good)} ${agreement(vault)}`]
      : disagreements.map((text) => `    ${paint(style, 'bad', symbols.bad)} ${singleLine(text, 1000)}`)),
  ];
}

/** What agrees, of a vault without disagreements. */
export function agreement({ journal, summary }: VaultEvidence): string {
  const compared = summary === null ? 'journal and error log' : 'journal, error log and summary';
  return journal === null ? 'nothing was settled' : `${compared} agree`;
}

/** The rows without a verdict, apart by why. */
export function openRows({ unsettled, in_doubt: unknown }: { unsettled: number; in_doubt: number }): string {
  return `not sent yet ${formatCount(Math.max(0, unsettled - unknown))}, answer unknown ${formatCount(unknown)}`;
}

function renderTotals({ totals, vaults }: Evidence): string {
  const unknown = vaults.reduce((sum, { journal }) => sum + (journal?.in_doubt ?? 0), 0);
  return (
    `  read ${formatCount(totals.read)} = uploaded ${formatCount(totals.uploaded)} + failed ${formatCount(totals.failed)}` +
    ` + skipped ${formatCount(totals.skipped)}; ${openRows({ ...totals, in_doubt: unknown })}`
  );
}

/** What became of failed records that were sent again. */
export function renderRetries({ retries, totals_with_retries: together }: Evidence): string[] {
  return [...retries.flatMap(renderRetry), `  ${describeWithRetries(together)}`];
}

function renderRetry(retry: RetryEvidence): string[] {
  const end = retry.exit_code === null ? 'not ended' : `exit status ${retry.exit_code}`;
  return [
    `  ${retry.run_id}, ${end}`,
    `    ${plural(retry.records_taken, 'record', 'records')} of ${retry.of_run}${retry.shared ? ' and others' : ''}: uploaded ` +
      `${formatCount(retry.uploaded)}, failed ${formatCount(retry.failed)}, open ${formatCount(retry.unsettled)}`,
  ];
}

/** Every `verify` of the run, oldest first. */
export function renderVerifications({ verifications }: Evidence): string[] {
  if (verifications === null) return ['  verification.json cannot be read'];
  return verifications.flatMap((verification) => [
    `  ${verification.started_at}, exit status ${verification.exit_code}${verification.complete ? ': complete' : ''}`,
    `    ${describeVerification(verification)}`,
  ]);
}

/** What a `verify` has looked at and found. */
export function describeVerification({ mode, totals }: VerificationEvidence): string {
  const { checked, expected, matching, missing, different } = totals;
  const drawn =
    mode.kind === 'all' ? 'every record' : `sample of ${formatCount(mode.size)} a vault, seed ${mode.seed}`;
  return (
    `${drawn}: ${formatCount(checked)} of ${formatCount(expected)} read back, ${formatCount(matching)} match, ` +
    `${formatCount(missing)} missing, ${formatCount(different)} different`
  );
}

/** How far the run is. */
export function describeState({ state, exit_code: exitCode }: Evidence): string {
  switch (state) {
    case 'running':
      return 'running: the figures are those of this moment';
    case 'unfinished':
      return `unfinished${exitCode === null ? '' : `, exit status ${exitCode}`}: resume goes on with it`;
    case 'finished':
      return `finished, exit status ${exitCode ?? '?'}`;
    default:
      return state satisfies never;
  }
}

/** The last line. */
export function renderAgreement(evidence: Evidence, style: TextStyle): string {
  const tone = evidence.agrees ? 'good' : 'bad';
  return paint(style, tone, `${symbolsOf(style)[tone]} ${evidenceVerdict(evidence)}`);
}

/** Whether the evidence stands. */
export function evidenceVerdict({ agrees, state }: Pick<Evidence, 'agrees' | 'state'>): string {
  if (!agrees) return 'The evidence contradicts itself: see the vaults above.';
  return state === 'running' ? 'Journals and error logs agree so far.' : 'All evidence agrees.';
}

/** Which credentials, without them; thumbprints, where there are any, by themselves. */
export function authorityLines({ credential, lookup_credential: lookup }: RunAuthority): string[] {
  const describe = (what: string, one: DescribedCredential | undefined): string[] => {
    if (one === undefined) return [];
    const { kind, client_id: clientId, key_id: keyId, key_thumbprint: thumbprint } = one;
    const ids = clientId === undefined ? '' : `, client ${clientId}, key ${keyId ?? 'unknown'}`;
    return [`${what}: ${kind.replaceAll('_', ' ')}${ids}`, ...(thumbprint === undefined ? [] : [thumbprint])];
  };
  return [...describe('credential', credential), ...describe('for looking up', lookup)];
}
