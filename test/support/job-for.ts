import { usualForm } from '../../src/source/csv/form-settings.js';
import { performanceSlice, skyflowSlice, type VaultJob } from '../../src/protocol/messages.js';

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
    skyflow: skyflowSlice.parse({ vault_url: 'http://127.0.0.1:9', settle_ms: 0 }),
    performance: performanceSlice.parse({
      batch_size: 1,
      max_concurrency: 1,
      max_records: 0,
      max_attempts: 1,
      max_errors: 0,
      request_timeout_ms: 1_000,
      connect_timeout_ms: 1_000,
      headers_timeout_ms: 1_000,
      body_timeout_ms: 1_000,
    }),
    connection: { credential: { kind: 'token', token: 'token' }, wire: 'bulk', proxy: {} },
    delivery: { rates: {}, maxRecordsIsDefault: false },
  };
}
