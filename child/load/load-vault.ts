import { errorFacts, SuperviseError, type ErrorFacts } from '../../src/errors/supervise-error.js';
import { acquireLoadLock } from '../../src/journal/load-lock.js';
import type { Ledger } from '../../src/journal/ledger.js';
import { openLedger } from '../../src/journal/open-ledger.js';
import { openRunStore } from '../../src/journal/open-run-store.js';
import { DamageError, orStorageError } from '../../src/journal/storage-error.js';
import { createProtection } from '../../src/privacy/record-protection.js';
import type { VaultJob, VaultStatus } from '../../src/protocol/messages.js';
import type { PositionRange } from '../../src/record/batch.js';
import { readPieces, writePieces } from '../../src/source/pieces/piece-file.js';
import type { InputIdentity, RecordSource, SourceInspection } from '../../src/source/record-source.js';
import { assertSameInputs } from '../../src/source/same-inputs.js';
import { IdFile } from '../../src/undo/id-file.js';
import { openReauthorisation } from '../vault/reauthorisation.js';
import { StaticCredential } from '../../src/vault/credential.js';
import { connectVault } from '../vault/connect-vault.js';
import { countTable } from '../vault/count-table.js';
import { DeliveryRun } from './delivery-run.js';
import { openSource } from './open-source.js';
import { RecordAccounts } from './record-accounts.js';
import type { TaskOptions, TaskResult } from '../task.js';
import { suffixing } from './suffix-batch.js';

/** How long a restart waits for the process before it, which may still be draining. */
const lockWaitMs = 15_000;

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
    // An own process that is still draining is waited for; any other load would insert what this one inserts.
    const isContinued = await isThere(job);
    const { errorLogPrivacy: privacy } = job;
    const protect = privacy === undefined ? undefined : await createProtection(privacy);
    const lock = await acquireLoadLock(
      job,
      { vaultUrl: job.connection.vaultUrl, vaultId: job.vault.id, table: job.vault.table },
      {
        waitMs: isContinued ? lockWaitMs : 0,
        signal: stop.stopping,
        describe: `vault ${job.vault.name} (${job.vault.id}, table ${job.vault.table})`,
        onPassedOver: (message) => void options.send({ type: 'notice', level: 'warn', message }),
      },
    );
    try {
      ledger = await openLedger({
        store: await openRunStore(job.runDirectory).openJournal(job.vault.name, {
          lockWaitMs,
          signal: stop.stopping,
        }),
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
      status = await loadWithLedger(ledger, options, () => (status = 'incomplete'));
    } finally {
      await ledger?.close();
      await lock.release();
    }
  } catch (thrown) {
    const interrupted = stop.reason?.code === 'interrupted';
    if (interrupted) status = status === 'not_started' ? 'not_started' : 'interrupted';
    else error = errorFacts(stop.reason ?? thrown);
    if (error?.code === 'already_loaded') status = 'not_started';
  }
  return { status, errorLog: ledger?.errorLogFile, error };
}

async function loadWithLedger(
  ledger: Ledger,
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
  const source = await openSource(job, { ledger, notice, renewSecret, signal: options.stop.stopping });
  let status: VaultStatus | undefined;
  const progress: { isStarted: boolean } = { isStarted: false };
  try {
    status = await loadFrom(source, {
      ...{ ...options, ledger, accounts, notice },
      onStarted: () => {
        progress.isStarted = true;
        onStarted();
      },
    });
    return status;
  } finally {
    // Without the pass, what is known of the files is what has been read. Files that were refused are not this run's.
    if (progress.isStarted) await keepPieces(source, job).catch(() => undefined);
    await source.finish?.({ completed: status === 'complete' || status === 'failures' });
  }
}

interface LoadFromOptions extends TaskOptions {
  readonly ledger: Ledger;
  readonly accounts: RecordAccounts;
  readonly notice: (message: string) => void;
  readonly onStarted: () => void;
}

async function loadFrom(source: RecordSource, options: LoadFromOptions): Promise<VaultStatus> {
  const { job, stop, metrics, send, renewSecret, ledger, accounts, notice, onStarted } = options;
  const { delivery } = job;
  const uploadedBefore = ledger.totals.uploaded;
  const inspection = await inspect(source, ledger, options);
  ledger.locateBy((position) => {
    const place = source.locate?.(position);
    return place && { Part: place.part, Row: place.row };
  });
  for (const note of inspection.notes ?? []) void send({ type: 'notice', level: 'info', message: note });
  for (const warning of inspection.warnings ?? []) notice(warning);
  await keepPieces(source, job);
  const extent = extentOf(delivery, inspection.rows);
  if (inspection.rows !== undefined && extent.start === extent.end && delivery.extent !== undefined)
    notice(`the source has ${inspection.rows} rows, and none from row ${delivery.extent.start} on`);
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
  const ids = job.connection.recordIds === true ? IdFile.for(job.runDirectory, job.vault.name) : undefined;
  try {
    await send({ type: 'phase', phase: 'loading' });
    metrics.begin();
    onStarted();
    const run = new DeliveryRun({
      job,
      ledger,
      source,
      client,
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
      onWaiting: (wait) => void send({ type: 'waiting', ...wait }),
    });
    options.onControls({
      answerToken: (token) => reauthorisation.answer(token),
      setRates: (rates) => run.setRates(rates),
      hold: () => run.hold(),
      release: () => run.release(),
    });
    const doubtful = ledger.mayHaveSentAll ? everyRow(job, extent) : inspection.doubtful;
    const rowsBeyond = await run.deliverEverything({ ...inspection, extent, doubtful });
    const { rows_total: rowsTotal, unsettled } = accounts.figures();
    const allSettled = rowsTotal !== null && unsettled === 0;
    if (stop.reason !== undefined && !allSettled) throw stop.reason;
    if (ledger.totals.failed > 0) return 'failures';
    const isLimited = extent.end === extent.start + (delivery.maxRecords || Infinity);
    return rowsBeyond && isLimited && delivery.maxRecordsIsDefault ? 'limited' : 'complete';
  } finally {
    await client.close();
    await ids?.close();
  }
}

/** The positions that are to be settled, as far as the source's rows are known. */
function extentOf({ extent, maxRecords }: VaultJob['delivery'], rows = Infinity): PositionRange {
  const start = Math.min(extent?.start ?? 0, rows);
  return {
    start,
    end: Math.max(start, Math.min(rows, extent?.end ?? Infinity, start + (maxRecords || Infinity))),
  };
}

/** Whether the vault was begun in this run; a journal that is damaged was. */
async function isThere({ runDirectory, vault }: VaultJob): Promise<boolean> {
  try {
    return (await openRunStore(runDirectory).readLedger(vault.name)) !== undefined;
  } catch (error) {
    if (error instanceof DamageError) return true;
    throw error;
  }
}

/** The vault may have any of them. */
function everyRow({ vault }: VaultJob, extent: PositionRange): PositionRange | undefined {
  if (extent.end === Infinity) {
    throw new SuperviseError(
      'storage',
      `vault ${vault.name}: the journal does not know how far the run had got, nor how many rows there are`,
      {
        hint: 'Nothing was sent. Resume without --no-precount; or load into a cleared table, or with upsert, under a new run.',
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
  const inspection = await source.inspect(options.stop.stopping);
  const { rows, inputs, doubtful } = inspection;
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

/** Beside the journal, so that later readers of the same files, and later runs, can compare them piece by piece. */
async function keepPieces(source: RecordSource, { runDirectory, runId, vault }: VaultJob): Promise<void> {
  const inputs = source.pieces?.() ?? [];
  if (inputs.length === 0) return;
  const owner = { runId, vaultName: vault.name };
  await orStorageError('write', runDirectory, writePieces(runDirectory, owner, inputs));
}
