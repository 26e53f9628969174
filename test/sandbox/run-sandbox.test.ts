import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { runSandbox } from '../../src/sandbox/run-sandbox.js';
import { startVaultSandbox } from '../../src/sandbox/vault-sandbox.js';
import { Workspace } from '../support/workspace.js';
import { send } from './sandbox-client.js';

test('prints one JSON line when it listens, and ends with its signal, temporary files gone', async () => {
  const ending = new AbortController();
  const lines: string[] = [];
  let resolve: (value: undefined) => void = () => undefined;
  const printed = new Promise<undefined>((done) => (resolve = done));
  const output = {
    write: (text: string) => {
      lines.push(text);
      resolve(undefined);
    },
  };
  const running = runSandbox({ options: { tls: true }, output, signal: ending.signal });
  await Promise.race([printed, running]);
  const line = JSON.parse(lines.join('')) as Record<string, string>;
  assert.deepEqual(Object.keys(line), [
    'vault_url',
    'tls_url',
    'ca_file',
    'control_url',
    'snowflake_url',
    'snowflake_control_url',
    'pid',
  ]);
  assert.match(await readFile(line['ca_file'] ?? '', 'utf8'), /^-----BEGIN CERTIFICATE-----/u);
  assert.equal((await send(line['control_url'] ?? '', 'GET', '/sandbox/stats')).status, 200);
  ending.abort();
  await running;
  assert.equal(lines.length, 1);
  await assert.rejects(send(line['vault_url'] ?? '', 'GET', '/'), { code: 'ECONNREFUSED' });
  await assert.rejects(access(line['ca_file'] ?? ''), { code: 'ENOENT' });
});

test('a port that is taken rejects, and leaves nothing listening', async (t) => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  await assert.rejects(startVaultSandbox({ port }), { code: 'EADDRINUSE' });
});

test('a sandbox that other machines can reach warns of it, and one on loopback does not', async () => {
  await using workspace = await Workspace.create();
  for (const [host, warns] of [
    ['0.0.0.0', true],
    ['127.0.0.1', false],
  ] as const) {
    const running = workspace.start(['sandbox', '--option', `host=${host}`]);
    await running.outputMatches(/control_url/);
    running.child.kill('SIGTERM');
    const { stderr } = await running.ended;
    assert.equal(stderr.includes('warning: the sandbox listens on 0.0.0.0'), warns, stderr);
  }
});
