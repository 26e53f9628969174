import { statuses } from '../../src/report/statuses.js';
import { countAllSkipped } from '../../src/record/batch.js';
import type { VaultSnapshot } from '../../src/protocol/snapshot.js';
import { formatCount, formatDuration, formatPercent } from '../../src/report/format-numbers.js';
import { NOTHING_YET } from '../../src/report/nothing-yet.js';
import type { Tone } from '../../src/report/text-style.js';
import type { Cell } from './line-cells.js';
import type { VaultState } from './run-view.js';
import { statusWord, wordsOf } from './task-words.js';

export const CELL_GROUPS = ['working', 'ended', 'word'] as const;
/** Vaults whose lines share their columns. */
export type CellGroup = (typeof CELL_GROUPS)[number];

/** The group of a vault in this state. */
export function cellGroup(state: VaultState): CellGroup {
  if (state.phase === 'loading' || state.phase === 'draining') return 'working';
  return state.phase === 'finished' && state.snapshot !== undefined ? 'ended' : 'word';
}

/** The figures of a vault's line; the group's rows have the same keys in the same order. */
export function cellsOf(group: CellGroup, state: VaultState): Cell[] {
  switch (group) {
    case 'working':
      return workingCells(state);
    case 'ended':
      return endedCells(state);
    case 'word':
      return [{ key: 'word', text: phaseWord(state), importance: 0 }];
    default:
      return group satisfies never;
  }
}

/** In the order in which they stand; what fits is decided by importance. */
function workingCells(state: VaultState): Cell[] {
  const at = state.snapshot ?? NOTHING_YET;
  const { rowsTotal, read } = at;
  const known = rowsTotal !== undefined;
  const share = known ? (rowsTotal === 0 ? 1 : read / rowsTotal) : 0;
  const records = known ? `${formatCount(read)}/${formatCount(rowsTotal)}` : `${formatCount(read)} records`;
  const { p50Ms, p95Ms, count } = at.latency;
  const alarm = (key: string, figure: number, importance: number, tone: Tone): Cell => ({
    key,
    text: `${key} ${formatCount(figure)}`,
    importance: figure > 0 ? importance : importance + 10,
    tone: figure > 0 ? tone : 'dim',
  });
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
      text: `${formatCount(at.recordsPerSecond)} rec/s`.padStart(11),
      importance: 3.5,
      align: 'right',
    },
    { key: 'eta', text: etaText(state).padEnd(7), importance: 4 },
    { key: 'inflight', text: `${at.inFlight} in flight`.padStart(12), importance: 7, align: 'right' },
    {
      key: 'latency',
      text: count === 0 ? '' : `p50/p95 ${formatCount(p50Ms)}/${formatCount(p95Ms)} ms`.padEnd(18),
      importance: 6,
    },
    { key: 'limit', text: limitText(at), importance: 4.5, tone: 'warn' },
    alarm('retries', at.retries, 8, 'warn'),
    alarm('429s', at.throttled, 7.5, 'warn'),
    {
      key: 'restarts',
      text: state.restarts > 0 ? `restarts ${state.restarts}` : '',
      importance: 3.2,
      tone: 'warn',
    },
    { ...alarm('failed', at.failed, 2, 'bad'), text: `${wordsOf(state).bad} ${formatCount(at.failed)}` },
  ];
}

/** What holds the vault back now: the pace learned from its refusals, or the places that are left of all. */
function limitText(at: VaultSnapshot): string {
  const { requestsPerSecondAllowed, workersAllowed, workersConfigured } = at;
  if (requestsPerSecondAllowed !== undefined) return `limit ${formatCount(requestsPerSecondAllowed)} req/s`;
  return workersAllowed < workersConfigured ? `limit ${workersAllowed}/${workersConfigured} workers` : '';
}

function etaText(state: VaultState): string {
  const { rowsTotal, read, recordsPerSecond } = state.snapshot ?? NOTHING_YET;
  if (rowsTotal === undefined || state.phase === 'draining') return '';
  if (read >= rowsTotal) return 'ETA 0s';
  if (recordsPerSecond <= 0) return 'ETA ?';
  return `ETA ${formatDuration(((rowsTotal - read) / recordsPerSecond) * 1000)}`;
}

function endedCells(state: VaultState): Cell[] {
  const at = state.snapshot ?? NOTHING_YET;
  const status = state.status ?? 'incomplete';
  const words = wordsOf(state);
  const skipped = countAllSkipped(at.skipped);
  const left = at.rowsTotal === undefined ? 0 : at.rowsTotal - at.read;
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
    { key: 'time', text: formatDuration(at.elapsedMs), importance: 5, align: 'right' },
    { key: 'retries', text: `retries ${formatCount(at.retries)}`, importance: 7, tone: 'dim' },
    { key: '429s', text: `429s ${formatCount(at.throttled)}`, importance: 8, tone: 'dim' },
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
