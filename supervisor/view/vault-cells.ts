import { statuses } from '../../src/status/statuses.js';
import { amountOf } from '../../src/figures/figure.js';
import { FIGURES } from '../../src/figures/figures.js';
import { percentileMs } from '../../src/figures/latency-histogram.js';
import type { VaultSnapshot } from '../../src/figures/snapshot.js';
import { formatCount, formatDuration, formatPercent } from '../../src/report/format-numbers.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { Alarm } from '../../src/figures/figure.js';
import type { Cell } from './line-cells.js';
import type { VaultState } from '../run/vault-state.js';
import { statusWord, wordsOf } from './task-words.js';
import { timeLeftMs } from './time-left.js';
import { limitInForce } from './why-slow.js';

export const CELL_GROUPS = ['working', 'ended', 'word'] as const;
/** Vaults whose lines share their columns. */
export type CellGroup = (typeof CELL_GROUPS)[number];

/** The group of a vault in this state. */
export function cellGroup(state: VaultState): CellGroup {
  if (state.phase === 'loading' || state.phase === 'draining') return 'working';
  return state.phase === 'finished' && state.snapshot !== undefined ? 'ended' : 'word';
}

/** The figures of a vault's line; the group's rows have the same keys in the same order. */
export function cellsOf(group: CellGroup, state: VaultState, nowMs: number): Cell[] {
  switch (group) {
    case 'working':
      return workingCells(state, nowMs);
    case 'ended':
      return endedCells(state);
    case 'word':
      return [{ key: 'word', text: phaseWord(state), importance: 0 }];
    default:
      return group satisfies never;
  }
}

/** In the order in which they stand; what fits is decided by importance. */
function workingCells(state: VaultState, nowMs: number): Cell[] {
  const at = state.snapshot ?? NOTHING_YET;
  const { rows_total: rowsTotal, read, latency } = at;
  const known = rowsTotal !== null;
  const share = known ? (rowsTotal === 0 ? 1 : read / rowsTotal) : 0;
  const records = known ? `${formatCount(read)}/${formatCount(rowsTotal)}` : `${formatCount(read)} records`;
  return [
    { key: 'bar', text: '', share, importance: known ? 5 : 20 },
    {
      key: 'percent',
      text: known ? formatPercent(read, rowsTotal).padStart(6) : '',
      importance: 0,
      align: 'right',
    },
    { key: 'phase', text: state.phase === 'draining' ? 'stopping' : '', importance: 1, tone: 'warn' },
    { key: 'records', text: records, importance: 3, align: 'right' },
    {
      key: 'rate',
      text: `${formatCount(at.records_per_second)} rec/s`.padStart(11),
      importance: 3.5,
      align: 'right',
    },
    { key: 'eta', text: etaText(state, nowMs).padEnd(7), importance: 4 },
    { key: 'inflight', text: `${at.in_flight} in flight`.padStart(12), importance: 7, align: 'right' },
    {
      key: 'latency',
      text:
        latency.count === 0
          ? ''
          : `p50/p95 ${formatCount(percentileMs(latency, 50))}/${formatCount(percentileMs(latency, 95))} ms`.padEnd(
              18,
            ),
      importance: 6,
    },
    { key: 'limit', text: limitText(at), importance: 5.5, tone: 'warn' },
    ...FIGURES.flatMap(([name, { alarm }]) =>
      alarm === undefined ? [] : [alarmCell(alarm, amountOf(at[name]))],
    ),
    {
      key: 'restarts',
      text: state.restarts > 0 ? `restarts ${state.restarts}` : '',
      importance: 3.2,
      tone: 'warn',
    },
    { ...alarmCell({ word: wordsOf(state).bad, working: 2, tone: 'bad' }, at.failed), key: 'failed' },
  ];
}

/** Said where there are none too, as long as there is room for it. */
function alarmCell({ word, working, tone }: Pick<Alarm, 'word' | 'working' | 'tone'>, amount: number): Cell {
  return {
    key: word,
    text: `${word} ${formatCount(amount)}`,
    importance: amount > 0 ? working : working + 10,
    tone: amount > 0 ? tone : 'dim',
  };
}

/** What holds the vault back now: the pace learned from its refusals, or the places that are left of all. */
function limitText(at: VaultSnapshot): string {
  const { workers } = at;
  const perSecond = limitInForce(at);
  if (perSecond !== undefined) return `limit ${perSecond < 1 ? '<1' : formatCount(perSecond)} req/s`;
  return workers.allowed < workers.configured ? `limit ${workers.allowed}/${workers.configured} workers` : '';
}

function etaText(state: VaultState, nowMs: number): string {
  const leftMs = timeLeftMs([state], nowMs);
  if (leftMs !== undefined) return `ETA ${formatDuration(leftMs)}`;
  const isKnown = state.snapshot !== undefined && state.snapshot.rows_total !== null;
  return isKnown && state.phase !== 'draining' && state.waitsFor === undefined ? 'ETA ?' : '';
}

function endedCells(state: VaultState): Cell[] {
  const at = state.snapshot ?? NOTHING_YET;
  const status = state.status ?? 'incomplete';
  const words = wordsOf(state);
  const skipped = amountOf(at.skipped_by_reason);
  const left = at.rows_total === null ? 0 : at.rows_total - at.read;
  return [
    {
      key: 'status',
      text: statusWord(words, status),
      importance: 0,
      tone: statuses[status].tone,
    },
    { key: 'uploaded', text: `${formatCount(at.uploaded)} ${words.good}`, importance: 1, align: 'right' },
    {
      key: 'failed',
      text: `${formatCount(at.failed)} ${words.bad}`,
      importance: 2,
      align: 'right',
      tone: at.failed > 0 ? 'bad' : 'dim',
    },
    {
      key: 'left',
      text: left > 0 ? `${formatCount(left)} left` : '',
      importance: 3,
      align: 'right',
      tone: 'warn',
    },
    { key: 'skipped', text: `${formatCount(skipped)} skipped`, importance: 4, align: 'right', tone: 'dim' },
    { key: 'time', text: formatDuration(at.timed_wall_ms), importance: 5, align: 'right' },
    ...FIGURES.flatMap(([name, { alarm }]): Cell[] => {
      if (alarm === undefined) return [];
      const { word, ended } = alarm;
      return [
        { key: word, text: `${word} ${formatCount(amountOf(at[name]))}`, importance: ended, tone: 'dim' },
      ];
    }),
    {
      key: 'restarts',
      text: state.restarts > 0 ? `restarts ${state.restarts}` : '',
      importance: 6,
      tone: 'warn',
    },
  ];
}

function phaseWord(state: VaultState): string {
  switch (state.phase) {
    case 'waiting':
      return 'waiting';
    case 'checking':
      return wordsOf(state).checking;
    case 'restarting':
      return `restarting (restart ${state.restarts})`;
    case 'finished':
      return statusWord(wordsOf(state), state.status ?? 'incomplete');
    case 'loading':
    case 'draining':
      return state.phase;
    default:
      return state.phase satisfies never;
  }
}
