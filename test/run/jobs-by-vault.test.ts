import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { VaultOutcome } from '../../src/report/run-summary.js';
import { JobsByVault, type DealtJob } from '../../supervisor/run/jobs-by-vault.js';
import type { VaultState } from '../../supervisor/run/vault-state.js';
import { jobFor } from '../support/job-for.js';

const never = new AbortController().signal;
const outcomeOf = (name: string, changes: Partial<VaultOutcome> = {}): VaultOutcome => ({
  ...{ name, id: `id-${name}`, table: 't', status: 'complete', restarts: 0 },
  ...changes,
});
const loading = (read: number, changes: Partial<VaultState> = {}): VaultState => ({
  ...{ phase: 'loading', restarts: 0 },
  snapshot: { ...NOTHING_YET, read, uploaded: read, rows_total: 100, requests: 1 },
  ...changes,
});

/** Deals all that are there at this moment. */
async function dealt(jobs: JobsByVault, count: number): Promise<DealtJob[]> {
  const all: DealtJob[] = [];
  while (all.length < count) {
    const next = await jobs.deal(never);
    assert.ok(next !== undefined);
    all.push(next);
  }
  return all;
}

test('jobs for one vault are its parts: people see one vault, whose figures are theirs together', async () => {
  const states: [string, VaultState][] = [];
  const jobs = new JobsByVault([jobFor('A'), jobFor('B'), jobFor('A')], (name, state) =>
    states.push([name, state]),
  );
  assert.deepEqual([jobs.names, jobs.most], [['A', 'B'], 3]);
  const [a1, b, a2] = await dealt(jobs, 3);
  const last = (): VaultState | undefined => states.at(-1)?.[1];
  a1?.onState(loading(10));
  assert.equal(last()?.snapshot?.read, 10);
  a2?.onState(loading(5, { restarts: 1, message: 'slow' }));
  assert.deepEqual(
    [last()?.phase, last()?.snapshot?.read, last()?.snapshot?.rows_total, last()?.restarts, last()?.message],
    ['loading', 15, 200, 1, 'slow'],
  );
  a1?.onState(loading(100, { phase: 'finished', status: 'complete' }));
  assert.equal(last()?.phase, 'loading', 'one part still loads');
  a2?.onState(loading(99, { phase: 'finished', status: 'incomplete' }));
  assert.deepEqual([last()?.phase, last()?.status], ['finished', 'incomplete']);
  b?.onState(loading(1));
  assert.equal(states.at(-1)?.[0], 'B');
  b?.onOutcome(outcomeOf('B'));
  const error = { code: 'crashed', message: 'it died' } as const;
  a2?.onOutcome(
    outcomeOf('A', {
      status: 'incomplete',
      error,
      restarts: 1,
      snapshot: loading(99).snapshot,
      durationMs: 9,
    }),
  );
  a1?.onOutcome(outcomeOf('A', { snapshot: loading(100).snapshot, durationMs: 5, uploadedBefore: 3 }));
  const [ofA, ofB] = jobs.outcomes;
  assert.deepEqual(
    [
      ofA?.name,
      ofA?.status,
      ofA?.error,
      ofA?.restarts,
      ofA?.snapshot?.read,
      ofA?.durationMs,
      ofA?.uploadedBefore,
    ],
    ['A', 'incomplete', error, 1, 199, 9, 3],
  );
  assert.deepEqual(ofB, outcomeOf('B'), 'a vault of one job is that job');
  assert.equal(await jobs.deal(never), undefined);
});

test('jobs may come one by one: a vault is finished when no more come, and none is waited for after a stop', async () => {
  const hand: { give?: (job: string | undefined) => void } = {};
  const wanted: string[] = [];
  async function* come() {
    for (;;) {
      const name = await new Promise<string | undefined>((resolve) => (hand.give = resolve));
      if (name === undefined) return;
      wanted.push(name);
      yield jobFor(name);
    }
  }
  const phases: string[] = [];
  const jobs = new JobsByVault(come(), (_, { phase, snapshot }) =>
    phases.push(`${phase} ${snapshot?.rows_total ?? 'unknown'}`),
  );
  assert.deepEqual(jobs.names, []);
  const first = jobs.deal(never);
  await Promise.resolve();
  hand.give?.('A');
  const one = await first;
  one?.onState(loading(100, { phase: 'finished', status: 'complete' }));
  const second = jobs.deal(never);
  await Promise.resolve();
  hand.give?.(undefined);
  assert.equal(await second, undefined);
  assert.deepEqual(phases, ['waiting unknown', 'finished 100']);

  const stop = new AbortController();
  const waiting = new JobsByVault(come(), () => undefined);
  const waited = waiting.deal(stop.signal);
  stop.abort();
  assert.equal(await waited, undefined);
  assert.deepEqual(wanted, ['A']);
});

test('jobs that are all there are dealt after a stop too: each vault has an outcome', async () => {
  const jobs = new JobsByVault([jobFor('A'), jobFor('B')], () => undefined);
  for (const name of ['A', 'B'])
    (await jobs.deal(AbortSignal.abort()))?.onOutcome(outcomeOf(name, { status: 'not_started' }));
  assert.deepEqual(
    jobs.outcomes.map(({ name, status }) => [name, status]),
    [
      ['A', 'not_started'],
      ['B', 'not_started'],
    ],
  );
});
