import { usualForm } from '../../src/source/csv/form-settings.js';
import type { VaultJob } from '../../src/protocol/messages.js';

/** A job for a vault of this name, at a port where nobody is, with everything in this folder. */
export function jobFor(name: string, folder = '/nowhere'): VaultJob {
  return {
    runId: 'run',
    runDirectory: folder,
    startedAt: new Date(0).toISOString(),
    stateFolder: folder,
    vault: { id: `vault-${name}`, name, table: 'table', column: 'column' },
    source: {
      kind: 'csv',
      files: {
        data_file: `${folder}/data.csv`,
        token_file: `${folder}/tokens.csv`,
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
}
