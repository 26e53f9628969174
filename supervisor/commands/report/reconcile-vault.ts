import { errorFacts } from '../../../src/errors/supervise-error.js';
import { openRunStore } from '../../../src/journal/open-run-store.js';
import { rowsMeant, type LedgerReading } from '../../../src/journal/ledger-reading.js';
import { formatCount } from '../../../src/report/format-numbers.js';
import type { RunSummary } from '../../../src/report/summary-format.js';
import type { RunDirectory } from '../../../src/run-record/run-directory.js';
import type { RunRecord } from '../../../src/run-record/run-record.js';
import type { Figures, VaultEvidence } from './evidence-format.js';

export interface ReconcileRequest {
  readonly directory: RunDirectory;
  readonly vault: RunRecord['vaults'][number];
  /** Rows of a vault that the run may load; Infinity without a limit. */
  readonly limit: number;
  /** The summary of the last command on the run; undefined when it has none, or not yet. */
  readonly summary: RunSummary | undefined;
}

/**
 * What the journal of a vault says, held against its error log, record by record counted, and against the summary.
 * Never rejects for what the run directory is like: damage is a disagreement.
 */
export async function reconcileVault(request: ReconcileRequest): Promise<VaultEvidence> {
  const { directory, vault, limit } = request;
  const disagreements: string[] = [];
  const disagree = (error: unknown): undefined => void disagreements.push(errorFacts(error).message);
  const ledger = await openRunStore(directory.path).readLedger(vault.name).catch(disagree);
  const inputs = ledger?.inputs ?? { rows: vault.rows, inputs: [] };
  const rowsTotal = rowsMeant({ extent: ledger?.extent, inputs }, limit);
  const figures = ledger && figuresOf(ledger, rowsTotal);
  const errorLog = ledger && (await countErrorLog(ledger).catch(disagree));
  const inSummary = request.summary?.vaults.find(({ name }) => name === vault.name);
  if (figures !== undefined) {
    disagreements.push(...checkFigures(figures, rowsTotal));
    const logged = errorLog?.records ?? 0;
    if (logged !== figures.failed && disagreements.length === 0) {
      disagreements.push(
        `the journal has ${counted(figures.failed)} failed, the error log holds ${counted(logged)}`,
      );
    }
  }
  const expected = figures ?? nothingSettled;
  for (const key of ['read', 'uploaded', 'failed', 'skipped', 'unsettled'] as const) {
    // Of a vault that was never begun the summary says nothing but zeros; what is unsettled is not known then.
    if (
      inSummary === undefined ||
      inSummary[key] === expected[key] ||
      (figures === undefined && key === 'unsettled')
    )
      continue;
    disagreements.push(
      `summary.json has ${key} ${counted(inSummary[key])}, the journal ${counted(expected[key])}`,
    );
  }
  const { name, id, table, column } = vault;
  return {
    name,
    id,
    table,
    column,
    inputs: [...(ledger?.inputs?.inputs ?? vault.inputs ?? [])],
    rows_total: rowsTotal ?? null,
    journal:
      ledger === undefined || figures === undefined
        ? null
        : {
            ...figures,
            skipped_by_reason: { ...ledger.totals.skipped },
            in_doubt: ledger.inDoubt.size,
            processes: ledger.openings,
          },
    error_log: errorLog ?? null,
    summary:
      inSummary === undefined
        ? null
        : {
            status: inSummary.status,
            read: inSummary.read,
            uploaded: inSummary.uploaded,
            failed: inSummary.failed,
            skipped: inSummary.skipped,
            unsettled: inSummary.unsettled,
          },
    disagreements,
  };
}

const nothingSettled: Figures = { read: 0, uploaded: 0, confirmed: 0, failed: 0, skipped: 0, unsettled: 0 };

function figuresOf({ totals, inDoubt }: LedgerReading, rowsTotal: number | undefined): Figures {
  const skipped = Object.values(totals.skipped).reduce((sum, each) => sum + each, 0);
  const { read, uploaded, confirmed, failed } = totals;
  const unsettled = rowsTotal === undefined ? inDoubt.size : Math.max(0, rowsTotal - read);
  return { read, uploaded, confirmed, failed, skipped, unsettled };
}

function checkFigures(figures: Figures, rowsTotal: number | undefined): string[] {
  const problems: string[] = [];
  if (figures.read !== figures.uploaded + figures.failed + figures.skipped) {
    problems.push('the journal does not add up: read is not uploaded + failed + skipped');
  }
  if (rowsTotal !== undefined && figures.read > rowsTotal) {
    problems.push(
      `the journal has settled ${counted(figures.read)} rows of a source of ${counted(rowsTotal)}`,
    );
  }
  return problems;
}

async function countErrorLog({ errors }: LedgerReading): Promise<VaultEvidence['error_log']> {
  if (errors === undefined) return null;
  let records = 0;
  for await (const { raw } of errors.entries()) records += raw.records.length;
  return { file: errors.place, records };
}

const counted = formatCount;
