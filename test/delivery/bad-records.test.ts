import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Settlement } from '../../src/journal/ledger-contract.js';
import type { Batch } from '../../src/record/batch.js';
import type { InsertAnswer } from '../../src/vault/vault-client.js';
import type { WireName } from '../../src/vault/wires.js';
import type { RecordColumns } from '../../src/vault/record-columns.js';
import { BatchSizeLimit } from '../../child/deliver/batch-size-limit.js';
import { Deliverer } from '../../child/deliver/deliver-batch.js';
import { RefusalGuard } from '../../child/deliver/refusal-guard.js';
import { TokenProof } from '../../child/deliver/token-proof.js';
import { WireChoice } from '../../child/deliver/wire-choice.js';
import { VaultHealth } from '../../child/vault/vault-health.js';

const batchSize = 50;

/** A vault that refuses values which begin with `bad`, with or without the record wire; time is counted in requests. */
function vaultWith({ recordWire }: { readonly recordWire: boolean }) {
  const settled: Settlement[] = [];
  const requests = { bulk: 0, record: 0 };
  let inFlight = 0;
  let mostInFlight = 0;
  const answer = ({ values }: RecordColumns, wire: WireName = 'bulk'): InsertAnswer => {
    const facts = { status: 400, requestId: undefined };
    const refused = { ...facts, kind: 'refused', applied: 'no', message: 'bad' } as const;
    const failures = values.flatMap((value, index) =>
      value.startsWith('bad') ? [{ index, reason: 'rejected', message: 'bad' } as const] : [],
    );
    if (wire === 'record' && !recordWire) return { ...refused, kind: 'denied', status: 404 };
    if (wire === 'bulk' && failures.length > 0) return refused;
    return { ...facts, kind: 'judged', status: 200, failures, doubtful: [], mismatched: [] };
  };
  const deliverer = new Deliverer({
    vaultName: 'SSN',
    column: 'ssn',
    ask: () => Promise.reject(new Error('nobody asks here')),
    isAnswered: () => Promise.resolve(false),
    proof: new TokenProof({ proven: true }),
    wires: new WireChoice('bulk'),
    onDivided: () => undefined,
    attempt: async (records, wire) => {
      requests[wire === 'record' ? 'record' : 'bulk'] += 1;
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return { answer: answer(records, wire), attempts: 1, applied: 'no', othersServed: true };
    },
    ledger: {
      settle: (settlement) => {
        settled.push(settlement);
        return Promise.resolve();
      },
      release: () => undefined,
      noteDoubt: () => Promise.resolve(),
    },
    sizeLimit: new BatchSizeLimit(batchSize, () => undefined),
    refusals: new RefusalGuard('SSN', { uploadedBefore: 1 }),
    health: new VaultHealth('SSN'),
    reauthorise: () => Promise.resolve(false),
    repeatable: false,
    park: () => assert.fail('nothing is in doubt here'),
    onSettled: () => undefined,
  });
  return { deliverer, settled, requests, mostInFlight: () => mostInFlight };
}

async function deliverAll(
  vault: ReturnType<typeof vaultWith>,
  batches: number,
  isBad: (position: number) => boolean,
): Promise<void> {
  for (let at = 0; at < batches; at += 1) {
    const positions = Array.from({ length: batchSize }, (_, index) => at * batchSize + index);
    const batch: Batch = {
      start: at * batchSize,
      end: (at + 1) * batchSize,
      values: positions.map((position) => (isBad(position) ? `bad ${position}` : `v${position}`)),
      tokens: positions.map((position) => `t${position}`),
      skipped: [],
    };
    await vault.deliverer.deliver(batch);
  }
  const failed = vault.settled.flatMap(({ failures }) => failures.map(({ position }) => position));
  const all = Array.from({ length: batches * batchSize }, (_, position) => position);
  assert.deepEqual(
    failed.sort((a, b) => a - b),
    all.filter(isBad),
  );
  assert.equal(
    vault.settled.reduce((sum, { range }) => sum + range.end - range.start, 0),
    all.length,
  );
}

test('six per cent of bad records cost hardly more requests than none, where the vault has the record wire', async () => {
  const vault = vaultWith({ recordWire: true });
  await deliverAll(vault, 200, (position) => (position * 7919) % 100 < 6);
  assert.ok(vault.requests.bulk + vault.requests.record <= 1.1 * 200, JSON.stringify(vault.requests));
});

test('one bad record in a long while costs one request more, and batches stay whole ones', async () => {
  const vault = vaultWith({ recordWire: true });
  await deliverAll(vault, 100, (position) => position % 1000 === 501);
  assert.deepEqual(vault.requests, { bulk: 100, record: 5 });
});

test('after a stretch of bad records batches go in bulk again', async () => {
  const vault = vaultWith({ recordWire: true });
  await deliverAll(vault, 100, (position) => position < 20 * batchSize && position % 25 === 0);
  assert.ok(vault.requests.record <= 20 + 8, JSON.stringify(vault.requests));
  assert.ok(vault.requests.bulk >= 72);
});

test('a vault without the record wire is asked for it once; there parts are halved side by side', async () => {
  const vault = vaultWith({ recordWire: false });
  await deliverAll(vault, 20, (position) => position % batchSize === 13);
  assert.equal(vault.requests.record, 1);
  const mostOfOne = 2 * Math.ceil(Math.log2(batchSize)) + 1;
  assert.ok(vault.requests.bulk <= 20 * mostOfOne + 1);
  assert.ok(vault.mostInFlight() >= 2);
});
