import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('processes/lingering.js', import.meta.url));

test('a command that an engine keeps alive ends when it is done, and when what it wrote is read', async () => {
  const child = spawn(process.execPath, [file, 'engine'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
  assert.deepEqual(await once(child, 'close'), [1, null]);
  assert.equal(bytes, 1_000_000);
});
