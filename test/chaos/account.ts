import { isHeld } from '../../src/journal/ledger-contract.js';
import { readErrorLog } from '../../src/error-log/read-error-log.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import type { ChaosPlan, Row } from './draw-plan.js';

/** Everything that is known after a run: what was asked, what the vault holds, and what the program says. */
export interface Evidence {
  readonly plan: ChaosPlan;
  readonly summary: RunSummary;
  /** `value` TAB `token` of each record in the sandbox. */
  readonly held: readonly string[];
  /** How many records the sandbox was to store under another token than the one sent: fewer are, of those that it refused then. */
  readonly wrongTokenHits: number;
}

interface LoggedFailure {
  readonly position: number;
  readonly pair: string;
  readonly value: string;
  readonly reason: string;
  readonly error: string;
}

/** Why a record of a source without repeated pairs may be held back: the faults hit every request about it. */
const unanswerable = /could not be asked|again and again/;

const pairOf = ([value, token]: Row): string => `${value}\t${token}`;
const isEmpty = ([value, token]: Row): boolean => value === '' || token === '';

/** Every way in which the evidence contradicts itself, in words; nothing when all adds up. */
export async function findDiscrepancies(evidence: Evidence): Promise<string[]> {
  const { plan, summary } = evidence;
  const [vault] = summary.vaults;
  if (vault === undefined) return ['the summary names no vault'];
  const failures = vault.error_log === undefined ? [] : await readFailures(vault.error_log);
  const merged = summary.merged_error_log === undefined ? [] : await readFailures(summary.merged_error_log);
  return [
    ...checkFigures(plan, vault, failures),
    ...checkFailures(plan, failures),
    ...(merged.length === failures.length
      ? []
      : [`${merged.length} records in the merged log, ${failures.length} in the vault's`]),
    ...checkVault(evidence, failures),
    ...checkForeign(evidence, failures),
    ...checkAgainstCount(evidence, vault),
  ];
}

/**
 * What is wrong with the vault after the failed records went once more: nothing is there twice, and what is not there
 * stands in the error log of the retry, or of the run where there was none.
 */
export async function findLosses(evidence: Evidence, retried: RunSummary | undefined): Promise<string[]> {
  const log = (retried ?? evidence.summary).vaults[0]?.error_log;
  return checkVault(evidence, log === undefined ? [] : await readFailures(log));
}

async function readFailures(file: string): Promise<LoggedFailure[]> {
  const found: LoggedFailure[] = [];
  for await (const { records, error, reason = '' } of (await readErrorLog(file)).entries) {
    for (const { position = -1, value, token } of records)
      found.push({ position, value, pair: pairOf([value, token]), reason, error });
  }
  return found;
}

function checkFigures(
  { rows }: ChaosPlan,
  vault: RunSummary['vaults'][number],
  failures: readonly LoggedFailure[],
): string[] {
  const skipped = rows.filter(isEmpty).length;
  const held = failures.filter(isHeld).length;
  const expected = { read: rows.length, failed: failures.length, skipped, unsettled: 0, held };
  return [
    ...Object.entries(expected)
      .filter(([name, figure]) => vault[name as keyof typeof expected] !== figure)
      .map(([name, figure]) => `${name} is ${vault[name as keyof typeof expected]}, not ${figure}`),
    ...(vault.read === vault.uploaded + vault.failed + vault.skipped
      ? []
      : ['read is not uploaded + failed + skipped']),
    ...(vault.rows_total === rows.length ? [] : [`rows_total is ${vault.rows_total ?? 'null'}`]),
  ];
}

/** Each logged record is a row of the source, at its own position, and there once. */
function checkFailures({ rows, hasRepeats }: ChaosPlan, failures: readonly LoggedFailure[]): string[] {
  const wrong = failures.filter(({ position, pair }) => {
    const row = rows[position];
    return row === undefined || pairOf(row) !== pair;
  });
  const positions = new Set(failures.map(({ position }) => position));
  return [
    ...wrong.map(({ position, reason }) => `the error log has another record at ${position} (${reason})`),
    ...(hasRepeats
      ? []
      : failures
          .filter(({ reason, error }) => reason === 'in_doubt' && !unanswerable.test(error))
          .map(({ position, error }) => `in doubt without need at ${position}: ${error}`)),
    ...(positions.size === failures.length ? [] : ['a position is in the error log twice']),
  ];
}

/** Source minus failures: each pair is there as often as it should be, give or take what is logged as in doubt. */
function checkVault({ plan, held }: Evidence, failures: readonly LoggedFailure[]): string[] {
  const source = countBy(plan.rows.filter((row) => !isEmpty(row)).map(pairOf));
  const failed = countBy(failures.filter((failure) => !isHeld(failure)).map(({ pair }) => pair));
  const inDoubt = countBy(failures.filter(isHeld).map(({ pair }) => pair));
  const inVault = countBy(held);
  const found: string[] = [];
  for (const [pair, times] of source) {
    const sure = times - (failed.get(pair) ?? 0);
    const doubtful = inDoubt.get(pair) ?? 0;
    const most = plan.upsert ? Math.min(1, sure) : sure;
    const least = plan.upsert ? Math.min(1, sure - doubtful) : sure - doubtful;
    const there = inVault.get(pair) ?? 0;
    const what = `${JSON.stringify(pair)}: ${there} in the vault, ${least} to ${most} expected`;
    if (there < least) found.push(`missing: ${what}`);
    if (there > most) found.push(`doubled, or failed and there: ${what}`);
  }
  return found;
}

/** What is not from the source is there only because the vault itself made up its token, and is logged as that. */
function checkForeign(
  { plan, held, wrongTokenHits }: Evidence,
  failures: readonly LoggedFailure[],
): string[] {
  const source = new Set(plan.rows.map(pairOf));
  const values = new Set(plan.rows.map(([value]) => value));
  const foreign = held.filter((pair) => !source.has(pair));
  const foreignValues = new Set(foreign.map((pair) => pair.slice(0, pair.lastIndexOf('\t'))));
  const mismatches = failures.filter(({ reason }) => reason === 'token_mismatch');
  return [
    ...(foreign.length <= wrongTokenHits
      ? []
      : [`${foreign.length} foreign records, ${wrongTokenHits} wrong tokens`]),
    ...[...foreignValues]
      .filter((value) => !values.has(value))
      .map(() => 'a value that is not of the source'),
    ...mismatches
      // Of one that is refused, the answer may have lost the entry that says so.
      .filter(({ value }) => !foreignValues.has(value) && !value.includes('poison'))
      .map(({ position }) => `token_mismatch at ${position}, but the vault has it under no other token`),
  ];
}

/** The program's count of uploads against the sandbox's own count. */
function checkAgainstCount(
  { plan, held }: Evidence,
  { uploaded, held: heldBack }: RunSummary['vaults'][number],
): string[] {
  if (plan.upsert) return [];
  const source = new Set(plan.rows.map(pairOf));
  const least = uploaded + held.filter((pair) => !source.has(pair)).length;
  const most = least + heldBack;
  return held.length >= least && held.length <= most
    ? []
    : [`the sandbox has ${held.length} records, the summary speaks of ${least} to ${most}`];
}

function countBy(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
