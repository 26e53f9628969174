import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromChildSchema, type FromChild } from '../../src/protocol/messages.js';
import { packageFolder, productVersion } from '../../src/product/product.js';

/** What a child answers to its first message, once it has ended. */
async function answersTo(first: object): Promise<{ exitCode: unknown; messages: FromChild[] }> {
  const child = fork(join(packageFolder, 'dist/child/main.js'), {
    serialization: 'advanced',
    stdio: 'ignore',
  });
  const messages: FromChild[] = [];
  child.on('message', (raw) => messages.push(fromChildSchema.parse(raw)));
  child.send(first);
  const [exitCode] = (await once(child, 'close')) as [unknown];
  return { exitCode, messages };
}

test('a child whose first message is not a job that it knows says so and ends', async () => {
  for (const [first, expected] of [
    [{ type: 'job', version: productVersion, job: {} }, /malformed message from the supervisor \(at job\./],
    [{ type: 'stop', drainMs: 1 }, /the first message is "stop"/],
  ] as const) {
    const { exitCode, messages } = await answersTo(first);
    const result = messages.at(-1);
    assert.equal(exitCode, 0);
    assert.ok(result?.type === 'result');
    assert.deepEqual([result.status, result.error?.code], ['not_started', 'protocol']);
    assert.match(result.error?.message ?? '', expected);
  }
});
