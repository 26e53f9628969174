import type { VerificationFindings } from '../../../src/protocol/task.js';
import { exitStatus } from '../../../src/report/exit-status.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import type { VaultOutcome } from '../../../src/report/run-summary.js';
import { productVersion } from '../../../src/run/product-version.js';
import type { RunDirectory } from '../../../src/run/run-directory.js';
import type { RunRecord } from '../../../src/run/run-record.js';
import { CONFIDENCE, provenBound } from '../../../src/verification/proven-bound.js';
import type { VaultVerification, Verification } from '../../../src/verification/verification-format.js';
import type { SupervisedRun } from '../../run/supervise-run.js';

export interface VerificationRequest {
  readonly directory: RunDirectory;
  readonly record: RunRecord;
  readonly mode: Verification['mode'];
  readonly startedAt: Date;
  readonly supervised: SupervisedRun;
  /** With it one record of the vault may stand for several rows, so that its count says little. */
  readonly upsert: boolean;
}

/** What the children found, as one document. */
export function buildVerification(request: VerificationRequest): Verification {
  const { directory, record, mode, startedAt, supervised, upsert } = request;
  const vaults = supervised.outcomes.map((outcome) => {
    const column = record.vaults.find(({ name }) => name === outcome.name)?.column ?? '';
    return verifiedVault(outcome, { column, upsert });
  });
  const wrong = ({ findings }: VaultVerification): number =>
    findings === null ? 0 : findings.missing + findings.different;
  const exitCode = exitStatus(
    vaults.map((vault) => ({ status: vault.status, failed: wrong(vault) })),
    supervised.interruptedBy,
  );
  const sum = (figure: 'expected' | 'checked' | 'matching' | 'missing' | 'different'): number =>
    vaults.reduce((total, { findings }) => total + (findings?.[figure] ?? 0), 0);
  const names = new Set(vaults.map(({ name }) => name));
  return {
    program_version: productVersion,
    run_id: directory.runId,
    run_directory: directory.path,
    mode,
    started_at: startedAt.toISOString(),
    finished_at: new Date().toISOString(),
    exit_code: exitCode,
    complete: mode.kind === 'all' && exitCode === 0 && record.vaults.every(({ name }) => names.has(name)),
    confidence: CONFIDENCE,
    totals: {
      expected: sum('expected'),
      checked: sum('checked'),
      matching: sum('matching'),
      missing: sum('missing'),
      different: sum('different'),
    },
    vaults,
  };
}

function verifiedVault(
  { name, id, table, status, error, findings: found }: VaultOutcome,
  { column, upsert }: { readonly column: string; readonly upsert: boolean },
): VaultVerification {
  const known = found?.kind === 'verify' ? found : undefined;
  return {
    name,
    id,
    table,
    column,
    status,
    findings: known ?? null,
    wrong_at_most: known === undefined ? null : wrongAtMost(known),
    remarks: known === undefined ? [] : countRemarks(known, upsert),
    ...(error === undefined ? {} : { error: { ...error } }),
  };
}

function wrongAtMost({ expected, checked, missing, different }: VerificationFindings): number {
  const wrong = missing + different;
  if (checked === expected) return checked === 0 ? 0 : wrong / checked;
  return provenBound(wrong, checked);
}

function countRemarks(
  { expected, vault_count: { before, after } }: VerificationFindings,
  upsert: boolean,
): string[] {
  if (before === null || after === null) return [];
  if (before !== after) {
    return [
      `the table held ${formatCount(before)} records before and ${formatCount(after)} after: somebody else writes to it`,
    ];
  }
  const held = `the table holds ${formatCount(after)} records`;
  return after < expected && !upsert ? [`${held}, fewer than this run uploaded`] : [held];
}
