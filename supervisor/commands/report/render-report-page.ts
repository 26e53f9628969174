import { describeWithRetries } from './gather-retries.js';
import { resolve } from 'node:path';
import { formatBytes, formatCount, formatDuration } from '../../../src/report/format-numbers.js';
import { singleLine } from '../../../src/report/screen-text.js';
import { unicodeSymbols } from '../../../src/report/symbols.js';
import { type Html, type ReportPage, html, reportHtml } from '../../page/report-html.js';
import type { TimelineSample } from '../../timeline/timeline-sample.js';
import type { Evidence, VaultEvidence } from './evidence-format.js';
import {
  agreement,
  authorityLines,
  describeState,
  describeVerification,
  evidenceVerdict,
  openRows,
} from './render-evidence.js';
import { inOrder, settingText } from './evidence-lines.js';
import { writeFileAtomically } from '../../../src/system/write-file.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { readPageFiles } from '../../page/page-files.js';
import { readTimeline } from '../../timeline/read-timeline.js';

type Cell = string | Html;

const { good, bad, none } = unicodeSymbols;

/** The evidence of a run as a page: the same that `report` prints, and how the run went. */
export function renderReportPage(evidence: Evidence, samples: readonly TimelineSample[]): ReportPage {
  const { run_id: runId, agrees } = evidence;
  const tone = agrees ? 'good' : 'bad';
  return {
    title: `Evidence of run ${runId}`,
    samples,
    head: html`<p class="brand">skyflow-supervise</p>
      <h1>Evidence of run <span class="mono">${runId}</span></h1>
      <p class="pill" data-tone="${tone}">${evidence.state}</p>`,
    before: html`<section class="total" aria-labelledby="verdict">
        <p id="verdict" class="verdict" data-tone="${tone}">
          ${agrees ? good : bad} ${evidenceVerdict(evidence)}
        </p>
        <p class="soft">${describeState(evidence)}</p>
        <dl class="tiles">${tiles(evidence)}</dl>
        <p class="soft">
          read ${formatCount(evidence.totals.read)} = uploaded ${formatCount(evidence.totals.uploaded)} +
          failed ${formatCount(evidence.totals.failed)} + skipped ${formatCount(evidence.totals.skipped)}, by
          the journals
        </p>
        <p class="soft">
          Uploaded: the vault confirmed the record under its own token. Failed: it stands in the error log,
          with a reason. Skipped: an empty value or token, or there already. Open: no verdict yet, not sent or
          without an answer. The evidence of a vault agrees when its journal, its error log and the summary of
          the run count the same.
        </p>
      </section>
      ${section('Vaults', vaultTable(evidence))}`,
    after: html`${section('Where and when', facts(whereAndWhen(evidence)))}
    ${section('Commands that worked on the run', table(['Command', 'From', 'To', 'Exit status', 'Who', 'Version', 'Credential'], evidence.sessions.map(sessionCells)))}
    ${section('Inputs', table(['Vault', 'Input', 'Rows', 'Fingerprint'], evidence.vaults.flatMap(inputCells)))}
    ${
      evidence.error_logs.length === 0
        ? ''
        : section(
            'Error logs sent again',
            table(
              ['File', 'Records', 'Of run', 'Fingerprint'],
              evidence.error_logs.map(({ file, records, run, fingerprint }) => [
                code(file),
                formatCount(records),
                run ?? none,
                code(fingerprint),
              ]),
            ),
          )
    }
    ${
      evidence.retries.length === 0
        ? ''
        : section(
            'Retries',
            html`<p class="soft">${describeWithRetries(evidence.totals_with_retries)}</p>
              ${table(
                ['Run', 'Records taken', 'Uploaded', 'Failed', 'Open', 'Exit status'],
                evidence.retries.map((retry) => [
                  code(retry.run_id),
                  ...[retry.records_taken, retry.uploaded, retry.failed, retry.unsettled].map(formatCount),
                  String(retry.exit_code ?? 'not ended'),
                ]),
              )}`,
          )
    }
    ${verifications(evidence)} ${section('Settings of the last command', settings(evidence))}
    ${section(
      'Files of the run',
      html`${table(
          ['File', 'Size', 'SHA-256'],
          evidence.manifest.files.map(({ file, size_bytes: bytes, sha256 }) => [
            code(file),
            formatBytes(bytes),
            code(sha256),
          ]),
        )}
        <p class="soft">The list as sha256sum writes it: ${code(evidence.manifest.sha256)}</p>`,
    )}`,
  };
}

function tiles({ totals, vaults }: Evidence): Html[] {
  const unknown = vaults.reduce((sum, { journal }) => sum + (journal?.in_doubt ?? 0), 0);
  const shown: readonly [label: string, count: number, tone: string][] = [
    ['Uploaded', totals.uploaded, 'good'],
    ['Failed', totals.failed, totals.failed > 0 ? 'bad' : 'dim'],
    ['Skipped', totals.skipped, 'dim'],
    ['Not sent yet', Math.max(0, totals.unsettled - unknown), totals.unsettled > unknown ? 'warn' : 'dim'],
    ['Answer unknown', unknown, unknown > 0 ? 'warn' : 'dim'],
  ];
  return shown.map(
    ([label, count, tone]) =>
      html`<div>
        <dt>${label}</dt>
        <dd data-tone="${tone}">${formatCount(count)}</dd>
      </div>`,
  );
}

function vaultTable({ vaults }: Evidence): Html {
  return table(
    ['Vault', 'Vault id', 'Table, column', 'Uploaded', 'Failed', 'Skipped', 'Open', 'Evidence'],
    vaults.map((vault) => {
      const { journal } = vault;
      return [
        html`<strong>${vault.name}</strong>`,
        code(vault.id),
        `${vault.table}, ${vault.column}`,
        ...(journal === null
          ? [none, none, none, none]
          : [
              formatCount(journal.uploaded),
              formatCount(journal.failed),
              formatCount(journal.skipped),
              openRows(journal),
            ]),
        judgement(vault),
      ];
    }),
  );
}

function judgement(vault: VaultEvidence): Html {
  if (vault.disagreements.length === 0)
    return html`<span data-tone="good">${good}</span> ${agreement(vault)}`;
  const lines = vault.disagreements.map((text) => html`<li>${bad} ${singleLine(text, 1000)}</li>`);
  return html`<ul class="problem">
    ${lines}
  </ul>`;
}

function whereAndWhen(evidence: Evidence): readonly (readonly [string, Cell])[] {
  return [
    ['Run directory', code(evidence.run_directory)],
    ['Started in', code(evidence.working_directory)],
    ...(evidence.config_file === null ? [] : [['Configuration', code(evidence.config_file)] as const]),
    ['Began', evidence.started_at],
    ['Reported', `${evidence.generated_at} by version ${evidence.program_version}`],
    ...(evidence.suffix_appended
      ? [['Note', 'append_suffix was on: values and tokens were changed'] as const]
      : []),
    ...(evidence.inputs_checked_first
      ? []
      : [['Note', 'the files were not checked before the first request'] as const]),
  ];
}

function sessionCells(session: Evidence['sessions'][number]): Cell[] {
  const { started_at: from, finished_at: to } = session;
  const took = to === null ? '' : ` (${formatDuration(Date.parse(to) - Date.parse(from))})`;
  return [
    session.command,
    from,
    to === null ? 'not ended' : `${to}${took}`,
    String(session.exit_code ?? none),
    `${singleLine(session.user, 32)} on ${singleLine(session.host, 64)}`,
    `${session.program_version}, Node ${session.node_version}`,
    authorityLines(session).join('; ') || none,
  ];
}

function inputCells({ name, inputs }: VaultEvidence): Cell[][] {
  return inputs.map((input) => [
    name,
    html`${input.role}: ${code(input.name)}`,
    input.rows === undefined ? 'unknown' : formatCount(input.rows),
    input.fingerprint === undefined ? none : code(input.fingerprint),
  ]);
}

function verifications({ verifications: found }: Evidence): Html {
  if (found === null)
    return section('Verifications', html`<p class="problem">verification.json cannot be read</p>`);
  if (found.length === 0) return html``;
  return section(
    'Verifications',
    table(
      ['When', 'Exit status', 'Found'],
      found.map((one) => [one.started_at, String(one.exit_code), describeVerification(one)]),
    ),
  );
}

/** What somebody chose is to be seen; the defaults are there. */
function settings({ sessions }: Evidence): Html {
  const all = inOrder(sessions.at(-1)?.settings ?? {});
  const rows = (areDefaults: boolean): Cell[][] =>
    all
      .filter(([, { origin }]) => (origin === 'default') === areDefaults)
      .map(([key, setting]) => [
        html`<code class="key">${key}</code>`,
        code(settingText(setting)),
        setting.origin,
      ]);
  const head = ['Setting', 'Value', 'From'];
  const defaults = rows(true);
  return html`${table(head, rows(false))}
    <details>
      <summary>Defaults (${formatCount(defaults.length)})</summary>
      ${table(head, defaults)}
    </details>`;
}

function section(title: string, content: Html): Html {
  return html`<section>
    <h2>${title}</h2>
    <div class="panel">${content}</div>
  </section>`;
}

/** As it stands in a file, or would be typed. A path that has to be broken is broken between its folders. */
function code(text: string): Html {
  return html`<code>${text.split(/(?<=[/\\])/).map((part) => html`${part}<wbr />`)}</code>`;
}

function facts(entries: readonly (readonly [string, Cell])[]): Html {
  return html`<dl class="facts">
    ${entries.map(
      ([label, text]) =>
        html`<dt>${label}</dt>
          <dd>${text}</dd>`,
    )}
  </dl>`;
}

/** The roles are said, since a narrow page lays rows out as blocks, and browsers then take them for no table. */
function table(head: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  const cells = (row: readonly Cell[]): Html[] =>
    row.map((cell, at) => html`<td role="cell" data-head="${head[at] ?? ''}">${cell}</td>`);
  return html`<div class="wide" tabindex="0" role="region" aria-label="Table: ${head.join(', ')}">
    <table class="text" role="table">
      <thead role="rowgroup">
        <tr role="row">
          ${head.map((text) => html`<th scope="col" role="columnheader">${text}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          (row) =>
            html`<tr role="row">
              ${cells(row)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

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
