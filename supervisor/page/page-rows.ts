import { amountOf } from '../../src/figures/figure.js';
import { percentileMs } from '../../src/figures/latency-histogram.js';
import { NOTHING_YET, together, type VaultSnapshot } from '../../src/figures/snapshot.js';
import { nextStepOf, verdictOf, type NextStep } from '../../src/report/render-verdict.js';
import { pathsSeenFrom, summarySeenFrom } from '../../src/report/seen-from.js';
import { statuses } from '../../src/status/statuses.js';
import type { RunSummary } from '../../src/report/summary-format.js';
import type { VaultState } from '../run/vault-state.js';
import { statusWord, wordsOf } from '../view/task-words.js';
import { timeLeftMs } from '../view/time-left.js';
import { remarksOf } from '../view/vault-remarks.js';
import { asTyped, here } from '../view/write-for-people.js';
import type { PageRow, PageState, PageTone } from './page-update.js';

/** The rows of the page, as the tree shows them. `nowMs` is the clock of the states. */
export function rowsOfRun(
  states: ReadonlyMap<string, VaultState>,
  nowMs: number,
): { readonly total: PageRow; readonly vaults: readonly PageRow[] } {
  const vaults = [...states].map(([name, state]) => describeVault(name, state, nowMs));
  const all = together([...states.values()].map(({ snapshot = NOTHING_YET }) => snapshot));
  const atWork = vaults.filter(({ isAtWork }) => isAtWork);
  const perSecond = atWork.reduce((sum, vault) => sum + vault.records_per_second, 0);
  const total: PageRow = {
    ...figuresOf(all, perSecond, timeLeftMs([...states.values()], nowMs)),
    name: 'All vaults',
    word: atWork.length > 0 ? `${atWork.length} of ${vaults.length} at work` : 'nobody at work',
    tone: 'strong',
    isAtWork: atWork.length > 0,
    restarts: vaults.reduce((sum, { restarts }) => sum + restarts, 0),
    remarks: [],
  };
  return { total, vaults };
}

function describeVault(name: string, state: VaultState, nowMs: number): PageRow {
  const { snapshot = NOTHING_YET, phase, restarts } = state;
  const isAtWork = phase !== 'finished' && phase !== 'waiting';
  return {
    ...figuresOf(
      snapshot,
      phase === 'finished' ? 0 : snapshot.records_per_second,
      timeLeftMs([state], nowMs),
    ),
    name,
    ...wordOf(state),
    isAtWork,
    restarts,
    remarks: remarksOf(state, nowMs),
  };
}

function figuresOf(at: VaultSnapshot, perSecond: number, leftMs = 0) {
  return {
    rows_total: at.rows_total,
    read: at.read,
    uploaded: at.uploaded,
    failed: at.failed,
    skipped: amountOf(at.skipped_by_reason),
    not_sent: Math.max(0, at.unsettled - at.in_doubt),
    answer_unknown: at.in_doubt,
    records_per_second: perSecond,
    eta_ms: leftMs > 0 ? leftMs : null,
    in_flight: Math.round(at.in_flight),
    p50_ms: at.latency.count === 0 ? null : percentileMs(at.latency, 50),
    p95_ms: at.latency.count === 0 ? null : percentileMs(at.latency, 95),
    refused: at.throttled,
    retries: at.retries,
  };
}

function wordOf(state: VaultState): { readonly word: string; readonly tone: PageTone } {
  const words = wordsOf(state);
  switch (state.phase) {
    case 'waiting':
      return { word: 'waiting', tone: 'dim' };
    case 'checking':
      return { word: words.checking, tone: 'accent' };
    case 'loading':
      return { word: words.doing, tone: 'accent' };
    case 'draining':
      return { word: 'stopping', tone: 'warn' };
    case 'restarting':
      return { word: 'starting again', tone: 'warn' };
    case 'finished': {
      const status = state.status ?? 'incomplete';
      return { word: statusWord(words, status), tone: statuses[status].tone };
    }
    default:
      return state.phase satisfies never;
  }
}

/** What the page says in the end: of a summary, or of what kept the run from having one. */
export function describeEnd(end: RunSummary | string, at: Date): NonNullable<PageState['ended']> {
  if (typeof end === 'string') return { at: at.toISOString(), text: end, tone: 'bad', next: undefined };
  const next = nextStepOf(summarySeenFrom(here(), end));
  return {
    at: at.toISOString(),
    text: verdictOf(end),
    tone: statuses[end.status].tone,
    next: next && asPasted(next),
  };
}

/** A command as it is pasted where this one was typed. */
export function asPasted({ label, command }: NextStep): NextStep {
  return { label, command: asTyped(pathsSeenFrom(here(), command)) };
}
