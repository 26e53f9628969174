import { errorFacts, SuperviseError } from '../../src/errors/supervise-error.js';
import { orStorageError } from '../../src/journal/storage-error.js';
import { extentMeant } from '../../src/protocol/extent-meant.js';
import type { VaultJob } from '../../src/protocol/messages.js';
import type { PlanFindings } from '../../src/protocol/task.js';
import { writePieces } from '../../src/source/fingerprints/piece-file.js';
import type { RecordSource } from '../../src/source/record-source.js';
import { assertSameInputs } from '../../src/source/same-inputs.js';
import type { SourceLedger } from '../../src/source/source-kind.js';
import { lookSampleUp } from '../load/look-sample-up.js';
import { openSource } from '../load/open-source.js';
import { PaceGate } from '../pace/pace-gate.js';
import { paceLimitsOf } from '../pace/open-gate.js';
import type { TaskOptions, TaskResult } from '../task.js';
import { connectVault } from '../vault/connect-vault.js';
import { countTable } from '../vault/stored-vault.js';

type Query = NonNullable<PlanFindings['query']>;

/**
 * Looks a vault's source over for a load by many: how many rows there are, what each piece of its files holds (beside the
 * run), or which query has them. A sample is looked up in the vault here, once for all of them. Never rejects.
 */
export async function planVault(options: TaskOptions): Promise<TaskResult> {
  const { job, stop, send, renewSecret, login } = options;
  const notice = (message: string): void => void send({ type: 'notice', level: 'warn', message });
  try {
    await send({ type: 'phase', phase: 'checking' });
    let query: Query | null = null;
    const ledger: SourceLedger = {
      inputs: job.plannedInputs && { inputs: job.plannedInputs },
      query: undefined,
      hasBegun: false,
      recordQuery: (submitted) => {
        query = submitted;
        return Promise.resolve();
      },
    };
    const source = await openSource(job, { ledger, notice, renewSecret, login, signal: stop.stopping });
    try {
      const { rows, inputs: seen, warnings = [] } = await source.inspect(stop.stopping);
      if (job.plannedInputs !== undefined)
        assertSameInputs({ inputs: job.plannedInputs }, { inputs: seen }, 'the plan');
      const inputs = seen.map((input) => ({ ...input }));
      for (const warning of warnings) notice(warning);
      if (rows === undefined) throw notCounted(job);
      await keepPieces(source, job);
      await send({ type: 'inputs', inputs, rows, uploadedBefore: 0 });
      const tableCount = (await countTable(options)) ?? null;
      await lookUp(source, options, { rows, tableCount: tableCount ?? undefined }, notice);
      const findings: PlanFindings = { kind: 'plan', rows, inputs, query, table_count: tableCount };
      return { status: 'complete', errorLog: undefined, error: undefined, findings };
    } finally {
      await source.finish?.({ completed: false });
    }
  } catch (thrown) {
    const isInterrupted = stop.reason?.code === 'interrupted';
    const error = isInterrupted ? undefined : errorFacts(stop.reason ?? thrown);
    return { status: 'not_started', errorLog: undefined, error };
  }
}

function notCounted({ vault }: VaultJob): SuperviseError {
  return new SuperviseError('source', `vault ${vault.name}: nobody knows how many rows there are`, {
    hint: 'A load in lanes, or over several machines, is cut into parts first: leave --no-precount out.',
  });
}

async function keepPieces(source: RecordSource, { runDirectory, runId, vault }: VaultJob): Promise<void> {
  const inputs = source.pieces?.() ?? [];
  if (inputs.length === 0) return;
  const owner = { runId, vaultName: vault.name };
  await orStorageError('write', runDirectory, writePieces(runDirectory, owner, inputs));
}

async function lookUp(
  source: RecordSource,
  { job, stop, renewSecret }: TaskOptions,
  { rows, tableCount }: { readonly rows: number; readonly tableCount: number | undefined },
  notice: (message: string) => void,
): Promise<void> {
  const { client } = await connectVault(job, renewSecret);
  try {
    await lookSampleUp({
      job,
      openCursor: () => source.open(stop.stopping),
      extent: extentMeant(job, rows),
      client,
      gate: new PaceGate(paceLimitsOf(job)),
      stopping: stop.stopping,
      notice,
      tableCount,
    });
  } finally {
    await client.close();
  }
}
