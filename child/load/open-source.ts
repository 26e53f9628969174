import type { Ledger } from '../../src/journal/ledger.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { ConflictCheckOptions } from '../../src/source/snowflake/check-conflicts.js';
import type { SubmittedQuery } from '../../src/source/snowflake/snowflake-options.js';
import { readPieces } from '../../src/source/pieces/piece-file.js';
import type { RecordSource } from '../../src/source/record-source.js';

export interface OpenSourceOptions {
  /** What the run has asked before, and where it notes what it asks. */
  readonly ledger: Pick<Ledger, 'query' | 'hasBegun' | 'recordQuery'>;
  readonly notice: (message: string) => void;
  readonly signal: AbortSignal;
}

/** The source of a job. Only what reads it is loaded: the Snowflake driver is the heaviest part of all. */
export async function openSource(
  job: VaultJob,
  { ledger, notice, signal }: OpenSourceOptions,
): Promise<RecordSource> {
  const { source, vault } = job;
  const { maxBatchBytes } = job.delivery;
  switch (source.kind) {
    case 'csv': {
      const { openCsvSource } = await import('../../src/source/csv/csv-source.js');
      // Until a row was reserved, the files may become others.
      const known = ledger.hasBegun ? await readPieces(job.runDirectory, vault.name) : [];
      return openCsvSource({ ...source, vaultName: vault.name, maxBatchBytes, known });
    }
    case 'error_log': {
      const { openErrorLogSource } = await import('../../src/source/error-log/error-log-source.js');
      return openErrorLogSource({ ...source, vault, maxBatchBytes });
    }
    case 'snowflake': {
      const { openSnowflakeSource } = await import('../../src/source/snowflake/snowflake-source.js');
      const { query: submitted } = ledger;
      const options = {
        ...source,
        maxBatchBytes,
        vaultName: vault.name,
        column: vault.column,
        runId: job.runId,
        maxRecordsPerSecond: job.delivery.maxRecordsPerSecond,
        ...(submitted === undefined ? {} : { recorded: { ...submitted, rowsTaken: ledger.hasBegun } }),
        onQuerySubmitted: (query: SubmittedQuery) => ledger.recordQuery(query),
        onNotice: notice,
      };
      if (source.checkConflicts && !ledger.hasBegun) await reportConflicts(options, signal);
      return openSnowflakeSource(options);
    }
    case 'none':
      throw new RangeError('this job has no source');
    default:
      return source satisfies never;
  }
}

async function reportConflicts(options: ConflictCheckOptions, signal: AbortSignal): Promise<void> {
  const { checkConflicts } = await import('../../src/source/snowflake/check-conflicts.js');
  const { valuesWithSeveralTokens, tokensWithSeveralValues } = await checkConflicts(options, signal);
  options.onNotice(
    `conflicting pairs: ${valuesWithSeveralTokens} values with several tokens, ${tokensWithSeveralValues} tokens with several values`,
  );
}
