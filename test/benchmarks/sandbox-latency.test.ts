import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedLatency } from '../../benchmarks/target/latency-profile.js';
import { startSandbox } from '../../benchmarks/target/sandbox-process.js';

test('the latency that a benchmark sets outlasts the reset before each of its loads', async () => {
  await using sandbox = await startSandbox(fixedLatency(0));
  await sandbox.setLatency(fixedLatency(400));
  await sandbox.reset();
  const startedMs = performance.now();
  const answer = await fetch(`${sandbox.vaultUrl}/v1/vaults/v/name`, {
    method: 'POST',
    headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
    body: JSON.stringify({
      records: [{ fields: { name: 'v' }, tokens: { name: 't' } }],
      tokenization: true,
      byot: 'ENABLE',
    }),
  });
  assert.equal(answer.status, 200, await answer.text());
  // It can be later on a busy machine, never earlier.
  assert.ok(performance.now() - startedMs >= 390);
});
