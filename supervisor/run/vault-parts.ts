import { together } from '../../src/figures/snapshot.js';
import { worstOf } from '../../src/status/statuses.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import { type VaultPhase, type VaultState } from './vault-state.js';

/** Where a vault is whose parts are in several phases: where the one is that has most to do with it. */
const BY_WEIGHT: readonly VaultPhase[] = [
  'loading',
  'draining',
  'restarting',
  'checking',
  'waiting',
  'finished',
];

/** A vault whose rows several children work on, as one: where it stands. While `moreToCome` it is not finished. */
export function stateOfParts(parts: readonly VaultState[], moreToCome: boolean): VaultState {
  const [only, second] = parts;
  if (only !== undefined && second === undefined && !moreToCome) return only;
  const heaviest = BY_WEIGHT.find((phase) => parts.some((part) => part.phase === phase)) ?? 'waiting';
  const phase = heaviest === 'finished' && moreToCome ? 'waiting' : heaviest;
  const shown = parts.find((part) => part.phase === heaviest);
  const snapshots = parts.flatMap(({ snapshot }) => snapshot ?? []);
  const sum = together(snapshots);
  return {
    ...shown,
    phase,
    restarts: parts.reduce((all, { restarts }) => all + restarts, 0),
    snapshot: snapshots.length === 0 ? undefined : moreToCome ? { ...sum, rows_total: null } : sum,
    status: phase === 'finished' ? worstOf(parts.flatMap(({ status }) => status ?? [])) : undefined,
    message: parts.find(({ message }) => message !== undefined)?.message,
    lastDeath: parts.findLast(({ lastDeath }) => lastDeath !== undefined)?.lastDeath,
    waitsFor: parts.find(({ waitsFor }) => waitsFor !== undefined)?.waitsFor,
  };
}

/** What such a vault came to. */
export function outcomeOfParts(parts: readonly [VaultOutcome, ...VaultOutcome[]]): VaultOutcome {
  const [first, ...others] = parts;
  if (others.length === 0) return first;
  const snapshots = parts.flatMap(({ snapshot }) => snapshot ?? []);
  return {
    ...first,
    status: worstOf(parts.map(({ status }) => status)) ?? first.status,
    snapshot: snapshots.length === 0 ? undefined : together(snapshots),
    error: parts.find(({ error }) => error !== undefined)?.error,
    restarts: parts.reduce((all, { restarts }) => all + restarts, 0),
    durationMs: Math.max(...parts.map(({ durationMs = 0 }) => durationMs)),
    uploadedBefore: parts.reduce((all, { uploadedBefore = 0 }) => all + uploadedBefore, 0),
    errorLog: parts.find(({ errorLog }) => errorLog !== undefined)?.errorLog,
    findings: parts.find(({ findings }) => findings !== undefined)?.findings,
  };
}
