import { readPrivate } from '../../../src/trust/open-private.js';
import { productVersion } from '../../../src/product/product.js';
import { runSummarySchema, type RunSummary } from '../../../src/report/summary-format.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import { readRunRecord, type RunRecord } from '../../../src/run-record/run-record.js';
import { isUnfinishedRun } from '../../history/known-runs.js';
import type { Evidence, Figures, VaultEvidence } from './evidence-format.js';
import { addRetries, gatherRetries } from './gather-retries.js';
import { isBeingWorkedOn } from '../../history/active-run.js';
import { makeManifest } from './manifest.js';
import { readVerifications } from '../verify/verification-file.js';
import { reconcileVault } from './reconcile-vault.js';

/**
 * Everything that a run directory proves, wherever it stands and however far the run is. Reads only. Throws `storage`
 * when the run has no readable record.
 */
export async function gatherEvidence(directory: RunDirectory): Promise<Evidence> {
  const record = await readRunRecord(directory);
  const running = await isBeingWorkedOn(directory);
  const last = record.sessions.at(-1);
  // The summary of an earlier command says nothing about one that has not ended.
  const hasEnded = !running && last?.exit_code !== undefined;
  const summary = hasEnded ? await readSummary(directory) : undefined;
  const vaults: VaultEvidence[] = [];
  for (const vault of record.vaults) {
    const evidence = await reconcileVault({
      directory,
      vault,
      limit: limitOf(record),
      summary: summary?.value,
    });
    vaults.push(summary?.problem === undefined ? evidence : withProblem(evidence, summary.problem));
  }
  const totals = addUp(vaults);
  const retries = await gatherRetries(directory);
  return {
    format_version: 1,
    program_version: productVersion,
    generated_at: new Date().toISOString(),
    run_id: record.run_id,
    run_directory: directory.path,
    state: running ? 'running' : isUnfinishedRun(record) ? 'unfinished' : 'finished',
    exit_code: hasEnded ? (last.exit_code ?? null) : null,
    started_at: record.started_at,
    working_directory: record.working_directory,
    config_file: record.config_file ?? null,
    plan: record.plan ?? null,
    suffix_appended: record.suffix_unix_seconds !== undefined,
    inputs_checked_first: record.precount,
    error_logs: (record.error_logs ?? []).map(({ file, fingerprint, run, vaults: taken }) => ({
      file,
      fingerprint,
      run: run ?? null,
      records: taken.reduce((sum, { records }) => sum + records, 0),
    })),
    sessions: record.sessions.map((session) => ({
      ...session,
      finished_at: session.finished_at ?? null,
      exit_code: session.exit_code ?? null,
    })),
    vaults,
    totals,
    retries,
    totals_with_retries: addRetries(totals, retries),
    verifications: await gatherVerifications(directory),
    agrees: vaults.every(({ disagreements }) => disagreements.length === 0),
    manifest: await makeManifest(directory.path),
  };
}

async function gatherVerifications(directory: RunDirectory): Promise<Evidence['verifications']> {
  const found = await readVerifications(directory).catch(() => null);
  if (found === null) return null;
  return found.map(({ mode, started_at, exit_code, complete, totals }) => ({
    mode,
    started_at,
    exit_code,
    complete,
    totals,
  }));
}

/** What the run's last command that ended said of it; or why nobody can tell. */
export async function readSummary(
  directory: RunDirectory,
): Promise<{ value: RunSummary; problem?: undefined } | { value?: undefined; problem: string }> {
  try {
    return { value: runSummarySchema.parse(JSON.parse(await readPrivate(directory.summaryFile))) };
  } catch {
    return { problem: 'summary.json is missing, or is not a summary that this version understands' };
  }
}

function withProblem(evidence: VaultEvidence, problem: string): VaultEvidence {
  return { ...evidence, disagreements: [problem, ...evidence.disagreements] };
}

function limitOf({ sessions }: RunRecord): number {
  const setting = sessions.at(-1)?.settings['performance.max_records'];
  const limit = setting !== undefined && 'value' in setting ? setting.value : 0;
  return typeof limit === 'number' && limit > 0 ? limit : Infinity;
}

function addUp(vaults: readonly VaultEvidence[]): Figures {
  const totals = { read: 0, uploaded: 0, confirmed: 0, failed: 0, skipped: 0, unsettled: 0 };
  for (const { journal, rows_total: rowsTotal } of vaults) {
    if (journal === null) totals.unsettled += rowsTotal ?? 0;
    else for (const key of figureNames) totals[key] += journal[key];
  }
  return totals;
}

const figureNames = ['read', 'uploaded', 'confirmed', 'failed', 'skipped', 'unsettled'] as const;
