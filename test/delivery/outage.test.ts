import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settlement } from '../../src/journal/ledger-contract.js';
import { DeliveryMetrics } from '../../src/figures/delivery-metrics.js';
import { NOTHING_YET } from '../../src/figures/snapshot.js';
import type { Batch, PositionRange } from '../../src/record/batch.js';
import type { InsertAnswer, VaultClient } from '../../src/vault/vault-client.js';
import type { Doubt } from '../../child/doubt/doubt.js';
import { askVault } from '../../child/doubt/ask-vault.js';
import { attemptInsert } from '../../child/deliver/attempt-insert.js';
import { BatchSizeLimit } from '../../child/deliver/batch-size-limit.js';
import { Deliverer } from '../../child/deliver/deliver-batch.js';
import { PaceGate } from '../../child/pace/pace-gate.js';
import { RefusalGuard } from '../../child/deliver/refusal-guard.js';
import { WireChoice } from '../../child/deliver/wire-choice.js';
import { TokenProof } from '../../child/deliver/token-proof.js';
import { VaultHealth } from '../../child/vault/vault-health.js';
import { whyAway } from '../../supervisor/view/why-slow.js';

const batch: Batch = { start: 0, end: 2, values: ['a', 'b'], tokens: ['ta', 'tb'], skipped: [] };
const refusedConnection: InsertAnswer = {
  kind: 'unavailable',
  applied: 'no',
  message: 'connection refused',
  status: undefined,
  requestId: undefined,
  retryAfterMs: undefined,
  networkCode: 'ECONNREFUSED',
};
const lostAnswer: InsertAnswer = { ...refusedConnection, applied: 'unknown', message: 'reset' };
const refused: InsertAnswer = {
  kind: 'refused',
  applied: 'no',
  status: 400,
  requestId: undefined,
  message: 'bad',
};
const uploaded: InsertAnswer = {
  kind: 'judged',
  status: 200,
  requestId: undefined,
  failures: [],
  doubtful: [],
  mismatched: [],
};

/** A deliverer on a clock of its own, whose vault gives these answers in turn and the last one for ever. */
function deliverTo(answers: (health: VaultHealth) => readonly InsertAnswer[], upsert = false, proven = true) {
  let nowMs = 0;
  const health = new VaultHealth('SSN', () => nowMs);
  const script = answers(health);
  const settled: Settlement[] = [];
  const released: PositionRange[] = [];
  const parked: { range: PositionRange; doubt: Doubt }[] = [];
  let requests = 0;
  const client: VaultClient = {
    encode: (records) => ({
      records,
      wire: 'bulk',
      body: Buffer.alloc(0),
      plainTokens: true,
      payloadMs: 0,
      serializationMs: 0,
    }),
    insert() {
      nowMs += 1_000;
      const answer = script[Math.min(requests, script.length - 1)] ?? uploaded;
      requests += 1;
      return Promise.resolve({ answer, apiMs: 0 });
    },
    lookup: () => Promise.reject(new Error('nobody asks here')),
    close: () => Promise.resolve(),
  };
  const never = new AbortController().signal;
  const sleep = (delayMs: number): Promise<void> => {
    nowMs += delayMs;
    return Promise.resolve();
  };
  const clock = { now: () => nowMs, sleep };
  const deliverer = new Deliverer({
    vaultName: 'SSN',
    column: 'ssn',
    ask: () => Promise.reject(new Error('nobody asks here')),
    isAnswered: () => Promise.resolve(false),
    proof: new TokenProof({ proven }),
    wires: new WireChoice('record'),
    onDivided: () => undefined,
    attempt: (records) =>
      attemptInsert(records, {
        client,
        gate: new PaceGate({ concurrency: 4, baseDelayMs: 0 }, { clock }),
        health,
        observer: {
          requestStarted: () => undefined,
          requestAnswered: () => undefined,
          requestCut: () => undefined,
          retryDelayed: () => undefined,
          baseDelayed: () => undefined,
        },
        maxAttempts: 3,
        repeatable: upsert,
        stopping: never,
        aborting: never,
        random: () => 0,
      }),
    ledger: {
      settle: (settlement) => {
        settled.push(settlement);
        return Promise.resolve();
      },
      release: (range) => void released.push(range),
      noteDoubt: () => Promise.resolve(),
    },
    sizeLimit: new BatchSizeLimit(300, () => undefined),
    refusals: new RefusalGuard('SSN', { uploadedBefore: 1 }),
    health,
    reauthorise: () => Promise.resolve(false),
    repeatable: upsert,
    park: (range, doubt) => void parked.push({ range, doubt }),
    onSettled: () => undefined,
  });
  return { deliverer, health, settled, released, parked, requests: () => requests };
}

test('an outage that begins while a batch is tried fails none of its records and gives it back', async () => {
  const run = deliverTo(() => [refusedConnection]);
  run.health.served();

  await assert.rejects(run.deliverer.deliver(batch), { code: 'unavailable' });

  assert.deepEqual(run.settled, []);
  assert.deepEqual(run.released, [{ start: 0, end: 2 }], 'certainly not in the vault');
  assert.equal(run.requests(), 100, 'a hundred failures in a row are an outage');
});

test('a batch that fails again and again while the vault serves others is given up, to fail as unreachable', async () => {
  let serveOthers = (): void => undefined;
  const run = deliverTo((health) => {
    serveOthers = () => health.served();
    return [refusedConnection];
  });
  const { health } = run;
  const failed = health.failed.bind(health);
  health.failed = () => {
    serveOthers();
    failed();
  };

  await run.deliverer.deliver(batch);

  const facts = { message: 'connection refused', said: undefined, status: undefined, requestId: undefined };
  assert.deepEqual(run.parked, [
    { range: { start: 0, end: 2 }, doubt: { kind: 'given_up', facts: { ...facts, reason: 'unreachable' } } },
  ]);
  assert.deepEqual([run.settled, run.released], [[], []]);
});

test('with upsert a batch whose first answer was lost is never given back as unsent, whatever comes after', async () => {
  const run = deliverTo(() => [lostAnswer, refusedConnection], true);
  run.health.served();

  await assert.rejects(run.deliverer.deliver(batch), { code: 'unavailable' });

  assert.deepEqual([run.settled, run.released], [[], []], 'it stays in doubt');
});

test('a vault that answers 503 for longer than patience lasts is suspended; 429 is only waited for', async () => {
  const turnedAway: InsertAnswer = {
    kind: 'throttled',
    applied: 'no',
    status: 503,
    requestId: undefined,
    message: 'down',
    retryAfterMs: undefined,
  };
  const run = deliverTo(() => [uploaded, turnedAway]);
  await run.deliverer.deliver(batch);
  await assert.rejects(run.deliverer.deliver({ ...batch, start: 2, end: 4 }), { code: 'unavailable' });
  assert.deepEqual(run.released, [{ start: 2, end: 4 }]);

  const busy = Array.from({ length: 1_000 }, (): InsertAnswer => ({ ...turnedAway, status: 429 }));
  const waiting = deliverTo(() => [...busy, uploaded]);
  await waiting.deliverer.deliver(batch);
  assert.equal(waiting.settled[0]?.uploaded, 2);
});

test('a rest in which nothing was sent is no outage: patience begins with the first failure', () => {
  let nowMs = 0;
  const health = new VaultHealth('SSN', () => nowMs);
  health.served();
  nowMs += 3_600_000;
  health.failed();
  assert.equal(health.suspended, false);
  nowMs += 6 * 60_000;
  health.failed();
  assert.equal(health.suspended, true);
  health.served();
  assert.equal(health.suspended, false);
});

test('a vault that serves nobody is said to be away, until it is served, and when it is asked again', async () => {
  let nowMs = 0;
  const clock = { now: () => nowMs, sleep: () => new Promise<never>(() => undefined) };
  const health = new VaultHealth('SSN', clock.now);
  const metrics = new DeliveryMetrics({ workersConfigured: 4, nowMs: clock.now });
  const limits = { concurrency: 4, baseDelayMs: 0 };
  const gate = new PaceGate(limits, { clock, random: () => 1 });
  metrics.observePace(gate);
  metrics.observeHealth(health);
  const said = (): string | undefined => whyAway(metrics.snapshot(NOTHING_YET));
  health.turnedAway(429);
  nowMs += 60_000;
  assert.equal(said(), undefined, 'a slower pace is all that it asks for');
  health.turnedAway(503);
  assert.equal(said(), undefined, 'one answer is bad luck');
  nowMs += 1_000;
  health.turnedAway(503);
  assert.equal(said(), 'the vault is not available (HTTP 503)');
  (await gate.enter({ records: 1, bytes: 1 }, new AbortController().signal)).failing(12_000);
  assert.equal(said(), 'the vault is not available (HTTP 503); asking again in 12 s');
  nowMs += 5_500;
  assert.equal(said(), 'the vault is not available (HTTP 503); asking again in 7 s');
  health.failed();
  assert.match(said() ?? '', /^the vault does not answer; /);
  health.served();
  assert.equal(said(), undefined);
});

test('a look-up that is answered, though it is not allowed, parts the failures around it; patience goes on', async () => {
  let nowMs = 0;
  const health = new VaultHealth('SSN', () => nowMs);
  const ask = () =>
    askVault(batch, {
      vaultName: 'SSN',
      client: {
        lookup: () =>
          Promise.resolve({
            kind: 'unanswered',
            message: 'forbidden',
            status: 403,
            retryable: false,
            retryAfterMs: undefined,
          }),
      },
      gate: new PaceGate({ concurrency: 4, baseDelayMs: 0 }),
      health,
      maxAttempts: 2,
      stopping: new AbortController().signal,
      reauthorise: () => Promise.resolve(false),
    });
  health.served();
  for (let failure = 0; failure < 99; failure += 1) health.failed();
  await ask();
  for (let failure = 0; failure < 99; failure += 1) health.failed();
  assert.equal(health.suspended, false, 'no hundred failures in a row');
  health.failed();
  assert.equal(health.suspended, true);

  await ask();
  assert.equal(health.suspended, false);
  nowMs += 6 * 60_000;
  assert.equal(health.suspended, true, 'nobody was served all the time');
});

test('a division that is stopped by an outage gives back the half that was never sent', async () => {
  const run = deliverTo(() => [refused, lostAnswer], false, false);
  run.health.served();
  for (let failure = 0; failure < 200; failure += 1) run.health.failed();
  run.health.served = () => undefined;

  await assert.rejects(run.deliverer.deliver(batch), { code: 'unavailable' });

  assert.deepEqual(run.released, [{ start: 1, end: 2 }]);
  assert.deepEqual(run.settled, []);
});

test('with upsert a record that is refused after a lost answer is looked up before it counts as refused', async () => {
  const run = deliverTo(() => [lostAnswer, refused], true);
  run.health.served();

  await run.deliverer.deliver({ ...batch, end: 1, values: ['a'], tokens: ['ta'] });

  const parked = run.parked.map(({ range }) => range);
  assert.deepEqual([run.settled, run.released, parked], [[], [], [{ start: 0, end: 1 }]]);
});
