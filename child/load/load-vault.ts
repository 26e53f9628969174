import { extentMeant } from '../../src/protocol/extent-meant.js';
import { errorFacts, SuperviseError, type ErrorFacts } from '../../src/errors/supervise-error.js';
import type { Ledger } from '../../src/journal/ledger.js';
import { openLedger } from '../../src/journal/open-ledger.js';
import { orStorageError } from '../../src/journal/storage-error.js';
import { createProtection } from '../../src/privacy/record-protection.js';
import type { VaultJob, VaultStatus } from '../../src/protocol/messages.js';
import type { PositionRange } from '../../src/record/batch.js';
import { sayNoneFrom } from '../../src/source/finding.js';
import { readPieces, writePieces } from '../../src/source/fingerprints/piece-file.js';
import type { InputIdentity, RecordSource, SourceInspection } from '../../src/source/record-source.js';
import { assertSameInputs } from '../../src/source/same-inputs.js';
import { IdFile, idSeal } from '../../src/undo/id-file.js';
import { openReauthorisation } from '../vault/reauthorisation.js';
import { StaticCredential } from '../../src/vault/credential/credential.js';
import { connectVault } from '../vault/connect-vault.js';
import { countTable } from '../vault/stored-vault.js';
import { openGate } from '../pace/open-gate.js';
import { DeliveryRun } from './delivery-run.js';
import { openLedgerPlace, type LedgerPlace } from './ledger-place.js';
import { openSource, knownQuery, recordShard } from './open-source.js';
import { RecordAccounts } from './record-accounts.js';
import type { TaskOptions, TaskResult } from '../task.js';
import { suffixing } from './suffix-batch.js';

/**
 * Loads one vault from where its journal ends. Never rejects: what stops the vault is in the result. The source is
 * looked over before the first request, the ledger is closed on every path.
 */
export async function loadVault(options: TaskOptions): Promise<TaskResult> {
  const { job, stop } = options;
  let ledger: Ledger | undefined;
  let status: VaultStatus = 'not_started';
  let error: ErrorFacts | undefined;
  try {
    const { errorLogPrivacy: privacy } = job;
    const protect = privacy === undefined ? undefined : await createProtection(privacy);
    const place = await openLedgerPlace(options);
    try {
      ledger = await openLedger({
        store: place.journal,
        owner: {
          runId: job.runId,
          vaultName: job.vault.name,
          vaultId: job.vault.id,
          table: job.vault.table,
          column: job.vault.column,
        },
        startedAt: new Date(job.startedAt),
        protect,
        ...job.ledger,
      });
      if (ledger.totals.read > 0 || ledger.inDoubt.size > 0) status = 'incomplete';
      status = await loadWithLedger(ledger, place, options, () => (status = 'incomplete'));
    } finally {
      await ledger?.close();
      await place.release();
    }
  } catch (thrown) {
    const interrupted = stop.reason?.code === 'interrupted';
    if (interrupted) status = status === 'not_started' ? 'not_started' : 'interrupted';
    else error = errorFacts(stop.reason ?? thrown);
    if (error?.code === 'already_loaded' || error?.code === 'token_change') status = 'not_started';
  }
  return { status, errorLog: ledger?.errorLogFile, error };
}

async function loadWithLedger(
  ledger: Ledger,
  { pace, turns }: LedgerPlace,
  options: TaskOptions,
  onStarted: () => void,
): Promise<VaultStatus> {
  const { job, send, renewSecret } = options;
  const accounts = new RecordAccounts(() => ledger.totals, {
    takenBefore: ledger.settled.size + ledger.inDoubt.size,
  });
  options.onAccounts(accounts);
  await send({ type: 'phase', phase: 'checking' });
  const notice = (message: string): void => void send({ type: 'notice', level: 'warn', message });
  const { shard } = job;
  const source = await openSource(ledger.mayHaveSentAll ? countedFirst(job) : job, {
    ledger: shard === undefined ? ledger : knownQuery(shard),
    notice,
    renewSecret,
    login: options.login,
    signal: options.stop.stopping,
  });
  let status: VaultStatus | undefined;
  const progress: { isStarted: boolean } = { isStarted: false };
  try {
    status = await loadFrom(source, {
      ...{ ...options, ledger, pace, turns, accounts, notice },
      onStarted: () => {
        progress.isStarted = true;
        onStarted();
      },
    });
    return status;
  } finally {
    // Without the pass, what is known of the files is what has been read. Files that were refused are not this run's.
    if (progress.isStarted) await keepPieces(source, job).catch(() => undefined);
    const isComplete = status === 'complete' || status === 'failures';
    // Of a shard's source others still read.
    await source.finish?.({ completed: isComplete && shard === undefined });
  }
}

interface LoadFromOptions extends TaskOptions, Pick<LedgerPlace, 'pace' | 'turns'> {
  readonly ledger: Ledger;
  readonly accounts: RecordAccounts;
  readonly notice: (message: string) => void;
  readonly onStarted: () => void;
}

async function loadFrom(source: RecordSource, options: LoadFromOptions): Promise<VaultStatus> {
  const { job, stop, metrics, send, renewSecret, ledger, pace, turns, accounts, notice, onStarted } = options;
  const { delivery, performance } = job;
  const uploadedBefore = ledger.totals.uploaded;
  const inspection = await inspect(source, ledger, options);
  ledger.locateBy((position) => {
    const place = source.locate?.(position);
    if (place === undefined) return undefined;
    const { data, tokens } = place;
    return {
      ...{ Part: data.part, Row: data.row },
      ...(tokens && { TokenPart: tokens.part, TokenRow: tokens.row }),
    };
  });
  for (const note of inspection.notes ?? []) void send({ type: 'notice', level: 'info', message: note });
  for (const warning of inspection.warnings ?? []) notice(warning);
  await keepPieces(source, job);
  const extent = extentOf(job, inspection.rows);
  if (inspection.rows !== undefined && extent.start === extent.end && delivery.extent !== undefined)
    notice(sayNoneFrom(delivery.extent.start, inspection.rows));
  const isKnown = inspection.rows !== undefined;
  await ledger.recordExtent({ start: extent.start, end: isKnown ? extent.end : undefined });
  if (isKnown) accounts.rowsTotal = extent.end - extent.start;
  await send({
    type: 'inputs',
    inputs: [...inspection.inputs],
    uploadedBefore,
    ...(inspection.rows === undefined ? {} : { rows: inspection.rows }),
  });

  const { client, credential, lookupCredential } = await connectVault(job, renewSecret);
  const reauthorisation = openReauthorisation(credential, options);
  const ofLookups =
    lookupCredential === undefined ? reauthorisation : openReauthorisation(lookupCredential, options);
  const ids = job.skyflow.record_ids ? await openIds(job) : undefined;
  try {
    await send({ type: 'phase', phase: 'loading' });
    metrics.begin();
    onStarted();
    const gate = openGate(options, { shared: pace, answerToken: (token) => reauthorisation.answer(token) });
    const run = new DeliveryRun({
      job,
      ledger,
      source,
      client,
      gate,
      reauthorise: (message) => reauthorisation.wait(message),
      // A token that was given for inserting is none for reading: only a file of its own is waited for.
      reauthoriseLookups: (message) =>
        lookupCredential instanceof StaticCredential ? Promise.resolve(false) : ofLookups.wait(message),
      metrics,
      accounts,
      stop,
      suffix: suffixing(job, (durationMs) => metrics.spent('suffix', durationMs)),
      notice,
      keepIds: ids && ((found) => ids.append(found)),
      countTable: () => countTable(options),
      onWaiting: (wait) => void send({ type: 'waiting', ...wait }),
      turns,
    });
    const doubtful = ledger.mayHaveSentAll ? everyRow(job, extent) : inspection.doubtful;
    const rowsBeyond = await run.deliverEverything({ ...inspection, extent, doubtful });
    const { rows_total: rowsTotal, unsettled } = accounts.figures();
    const allSettled = rowsTotal !== null && unsettled === 0;
    if (stop.reason !== undefined && !allSettled) throw stop.reason;
    if (ledger.totals.failed > 0) return 'failures';
    const isLimited = extent.end === extent.start + (performance.max_records || Infinity);
    return rowsBeyond && isLimited && delivery.maxRecordsIsDefault ? 'limited' : 'complete';
  } finally {
    await client.close();
    await ids?.close();
  }
}

/** The positions that are to be settled, as far as the source's rows are known. */
function extentOf(job: VaultJob, rows?: number): PositionRange {
  const { start, end } = job.shard ?? extentMeant(job, rows);
  return { start, end };
}

/** The same, its rows counted before the first request: where the vault may have any of them it must be known how many there are. */
function countedFirst(job: VaultJob): VaultJob {
  const { source } = job;
  return 'precount' in source ? { ...job, source: { ...source, precount: true } } : job;
}

/** The vault may have any of them. */
function everyRow({ vault }: VaultJob, extent: PositionRange): PositionRange | undefined {
  if (extent.end === Infinity) {
    throw new SuperviseError(
      'storage',
      `vault ${vault.name}: the journal does not know how far the run had got, nor how many rows there are`,
      {
        hint: 'Nothing was sent. Load into a cleared table, or with upsert, under a new run.',
      },
    );
  }
  return extent.end > extent.start ? extent : undefined;
}

async function inspect(
  source: RecordSource,
  ledger: Ledger,
  options: TaskOptions,
): Promise<SourceInspection> {
  const recorded = ledger.inputs;
  const isBegun = ledger.hasBegun || ledger.mayHaveSentAll;
  const { job, stop } = options;
  const found = await source.inspect(stop.stopping);
  // A shard's source was looked over by whoever cut it, and is compared piece by piece with what was seen then.
  const inspection = job.shard === undefined ? found : { ...found, rows: job.shard.rows };
  const { rows, inputs, doubtful } = inspection;
  if (job.plannedInputs !== undefined)
    assertSameInputs({ inputs: job.plannedInputs }, inspection, 'the plan');
  if (job.shard !== undefined) {
    await recordShard(job, job.shard, ledger, inspection);
    return inspection;
  }
  if (isBegun && recorded !== undefined) assertSameInputs(recorded, inspection);
  else {
    // A journal that lost its line about them: what was seen of the files stands beside it.
    if (isBegun) assertSameInputs({ inputs: await seenBefore(options.job, inspection) }, inspection);
    // For `verify`, which tells by it whether anything was doubled. Of a source that is refused the vault never hears.
    const tableCount = await countTable(options);
    await ledger.recordInputs({ rows, inputs, doubtful, tableCount });
  }
  return inspection;
}

/** The files of the vault as an earlier process of this run has seen them; of rows it kept no count. */
async function seenBefore(
  { runDirectory, vault }: VaultJob,
  { inputs }: SourceInspection,
): Promise<InputIdentity[]> {
  const files = await readPieces(runDirectory, vault.name);
  // Without the pass nobody knows the whole of them.
  const known = files.filter(({ fingerprint }) => fingerprint !== undefined);
  return known.map(({ role, name, sizeBytes, fingerprint }, at) => {
    const same = inputs.find((input) => input.role === role && input.fingerprint === fingerprint);
    return { role, name, sizeBytes, fingerprint, rows: (same ?? inputs[at])?.rows };
  });
}

async function openIds({ stateFolder, runDirectory, runId: run, vault }: VaultJob): Promise<IdFile> {
  const seal = await idSeal(stateFolder, { run, vaultId: vault.id, table: vault.table });
  return IdFile.for(runDirectory, vault.name, seal);
}

/** Beside the journal, so that later readers of the same files, and later runs, can compare them piece by piece. */
async function keepPieces(
  source: RecordSource,
  { runDirectory, runId, vault, shard }: VaultJob,
): Promise<void> {
  const inputs = source.pieces?.() ?? [];
  if (inputs.length === 0 || shard !== undefined) return;
  const owner = { runId, vaultName: vault.name };
  await orStorageError('write', runDirectory, writePieces(runDirectory, owner, inputs));
}
