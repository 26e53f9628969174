import type { LedgerReading } from '../../src/journal/ledger-reading.js';
import type { VerificationFindings } from '../../src/protocol/task.js';
import type { PositionSet } from '../../src/record/range-set.js';
import type { ComparisonState } from '../../src/verification/progress-file.js';

/** What a verification has come to so far, as it is reported. */
export function describeFindings(of: {
  readonly reading: Pick<LedgerReading, 'totals' | 'inputs'>;
  readonly expected: PositionSet;
  readonly unsettled: number;
  readonly state: ComparisonState;
  readonly vaultCount: { readonly before: number | null; readonly after: number | null };
}): VerificationFindings {
  const { missing, different, matching } = of.state;
  const { totals } = of.reading;
  return {
    kind: 'verify',
    expected: totals.uploaded + totals.skipped.already_there,
    checked: matching + missing.size + different.size,
    matching,
    missing: missing.size,
    different: different.size,
    not_judged: {
      failed: totals.failed,
      skipped: totals.skipped.empty_value + totals.skipped.empty_token,
      unsettled: of.unsettled,
    },
    missing_positions: listed(missing.listed),
    different_positions: listed(different.listed),
    positions_complete: missing.isListedWhole && different.isListedWhole,
    vault_count: { at_start: of.reading.inputs?.tableCount ?? null, ...of.vaultCount },
  };
}

function listed(positions: PositionSet): { first: number; last: number }[] {
  return [...positions].map(({ start, end }) => ({ first: start, last: end - 1 }));
}
