import type { VaultJob } from '../src/protocol/messages.js';
import { openCsvSource } from '../src/source/csv/csv-source.js';
import { openErrorLogSource } from '../src/source/error-log/error-log-source.js';
import type { RecordSource } from '../src/source/record-source.js';

/** The source of a job. Each kind is loaded only when it is used. */
export function openSource(job: VaultJob): RecordSource {
  const { source } = job;
  switch (source.kind) {
    case 'csv':
      return openCsvSource({ ...source, vaultName: job.vault.name });
    case 'error_log':
      return openErrorLogSource({ ...source, vault: job.vault });
    default:
      return source satisfies never;
  }
}
