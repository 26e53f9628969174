import { usualForm } from '../../src/source/csv/form-settings.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VaultJob } from '../../src/protocol/messages.js';
import { VaultProcess } from '../../supervisor/process/vault-process.js';
import { vaults, Workspace } from '../support/workspace.js';

test('a child that has just ended can still be told to stop: the signal that comes too late harms nobody', async () => {
  await using workspace = await Workspace.create();
  const { id, name, column } = vaults.NAME;
  const job: VaultJob = {
    runId: 'run',
    runDirectory: workspace.path,
    startedAt: new Date(0).toISOString(),
    stateFolder: workspace.path,
    vault: { id, name, table: column, column },
    source: {
      kind: 'csv',
      files: {
        data_file: workspace.at('data.csv'),
        token_file: workspace.at('tokens.csv'),
        value_header: 'value',
        token_header: 'token',
        ...usualForm,
      },
      precount: true,
    },
    connection: {
      vaultUrl: 'http://127.0.0.1:9',
      credential: { kind: 'token', token: 'token' },
      authWaitMs: 0,
      lookup: 'value',
      byot: 'ENABLE',
      upsert: false,
      skipExisting: false,
      wire: 'bulk',
      httpVersion: '1.1',
      proxy: {},
      requestTimeoutMs: 1_000,
      connectTimeoutMs: 1_000,
      headersTimeoutMs: 1_000,
      bodyTimeoutMs: 1_000,
    },
    delivery: {
      batchSize: 1,
      maxBatchBytes: 4_194_304,
      concurrency: 1,
      maxRecords: 0,
      maxRecordsIsDefault: false,
      maxAttempts: 1,
      baseDelayMs: 0,
      rates: {},
      maxErrors: 0,
      inDoubt: 'hold',
      settleMs: 0,
    },
  };
  const child = new VaultProcess({ job, heartbeatMs: 30_000, onMessage: () => undefined });
  child.kill();
  const end = await child.ended;

  assert.equal(end.kind, 'died');
  assert.doesNotThrow(() => child.stop(0));
});
