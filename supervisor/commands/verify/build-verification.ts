import type { VerificationFindings } from '../../../src/protocol/task.js';
import { exitStatus } from '../../../src/status/exit-status.js';
import { formatCount, plural } from '../../../src/report/format-numbers.js';
import type { VaultOutcome } from '../../../src/report/run-summary.js';
import { productVersion } from '../../../src/product/product.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import type { RunRecord } from '../../../src/run-record/run-record.js';
import { CONFIDENCE, provenBound } from '../../../src/verification/draw-sample.js';
import type { VaultVerification, Verification } from '../../../src/verification/verification-format.js';
import type { JobsEnd } from '../../run/run-jobs.js';

export interface VerificationRequest {
  readonly directory: RunDirectory;
  readonly record: RunRecord;
  readonly mode: Verification['mode'];
  /** The other source that was compared with. */
  readonly against: string | undefined;
  readonly startedAt: Date;
  readonly supervised: JobsEnd;
  /** Vaults into whose tables other runs have loaded since, by name. */
  readonly othersLoaded: ReadonlySet<string>;
  /** With it one record of the vault may stand for several rows, so that its count says little. */
  readonly upsert: boolean;
}

/** What the children found, as one document. */
export function buildVerification(request: VerificationRequest): Verification {
  const { directory, record, mode, against, startedAt, supervised, upsert } = request;
  const vaults = supervised.outcomes.map((outcome) => {
    const column = record.vaults.find(({ name }) => name === outcome.name)?.column ?? '';
    const othersLoaded = request.othersLoaded.has(outcome.name);
    return verifiedVault(outcome, { column, upsert, othersLoaded, isOwnSource: against === undefined });
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
    ...(against === undefined ? {} : { against }),
    started_at: startedAt.toISOString(),
    finished_at: new Date().toISOString(),
    exit_code: exitCode,
    complete:
      against === undefined &&
      mode.kind === 'all' &&
      exitCode === 0 &&
      record.vaults.every(({ name }) => names.has(name)),
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

interface Circumstances {
  readonly upsert: boolean;
  readonly othersLoaded: boolean;
  /** Compared with what was loaded, not with another source. */
  readonly isOwnSource: boolean;
}

function verifiedVault(
  { name, id, table, status, error, findings: found }: VaultOutcome,
  { column, ...circumstances }: Circumstances & { readonly column: string },
): VaultVerification {
  const known = found?.kind === 'verify' ? found : undefined;
  const { surplus, remarks } =
    known === undefined ? { surplus: null, remarks: [] } : judgeCount(known, circumstances);
  return {
    name,
    id,
    table,
    column,
    status: status === 'complete' && (surplus ?? 0) > 0 ? 'failures' : status,
    findings: known ?? null,
    wrong_at_most: known === undefined ? null : wrongAtMost(known),
    surplus,
    remarks,
    ...(error === undefined ? {} : { error: { ...error } }),
  };
}

function wrongAtMost({ expected, checked, missing, different }: VerificationFindings): number {
  const wrong = missing + different;
  if (checked === expected) return checked === 0 ? 0 : wrong / checked;
  return provenBound(wrong, checked);
}

/** What the table's own count proves about records that are in it twice. */
interface CountJudgement {
  /** Records beyond those before the run and those loaded; null: cannot be decided. */
  readonly surplus: number | null;
  readonly remarks: string[];
}

function judgeCount(
  { expected, not_judged: left, vault_count: { at_start: start, before, after } }: VerificationFindings,
  { upsert, othersLoaded, isOwnSource }: Circumstances,
): CountJudgement {
  const undecided = (why: string): CountJudgement => ({
    surplus: null,
    remarks: [`${why}: whether the table holds more than was loaded cannot be decided`],
  });
  // How many records another source has says nothing about the table.
  if (!isOwnSource) return { surplus: null, remarks: [] };
  if (before === null || after === null)
    return undecided('the vault does not say how many records the table holds');
  if (before !== after) {
    return undecided(
      `the table held ${formatCount(before)} records before and ${formatCount(after)} after, so somebody else writes to it`,
    );
  }
  const held = `the table holds ${plural(after, 'record', 'records')}`;
  if (after < expected && !upsert) return { surplus: 0, remarks: [`${held}, fewer than this run uploaded`] };
  if (start === null) return undecided(`${held}; how many it held before the run is not known`);
  // What failed may be in the table all the same, and a retry may have put it there since.
  const surplus = after - (start + expected + left.failed + left.unsettled);
  if (surplus <= 0) return { surplus: 0, remarks: [held] };
  if (othersLoaded) return undecided(`${held}; other runs have loaded into it since`);
  return {
    surplus,
    remarks: [
      `${held}, ${formatCount(surplus)} more than the ${formatCount(start)} that it held before plus the ${formatCount(expected)} that were loaded: records are in it twice, or somebody else has written to it`,
    ],
  };
}
